"""The platform's public keys, by which an ID token is known to be its own (RFC 7517).

A token may be signed with a key that is younger than our copy: then the keys are read anew, once. Only keys that
can sign in the two ways we accept are taken in; whatever else the set holds is none of our concern.
"""

import binascii
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from medlem.flows.ports import Clock
from medlem.vipps.discovery import PAUSE, life_of
from medlem.vipps.errors import required_object
from medlem.vipps.http import Request, Wire
from medlem.vipps.shared import Shared
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

OPERATION: Final = "jwks"
COOLDOWN: Final = timedelta(seconds=10)
"""Between two readings that an unknown key caused: nobody can make us hammer the platform."""
SHORTEST_RSA: Final = 2048

SigningKey = RSAKey | ECKey


class KeySet:
    """The keys at one address, kept as long as it says."""

    def __init__(self, url: str, wire: Wire, clock: Clock) -> None:
        self._url = url
        self._wire = wire
        self._clock = clock
        self._keys: list[SigningKey] = []
        self._read_at: datetime | None = None
        self._fresh_until: datetime | None = None
        self._fetch = Shared(self._read)

    async def find(self, kid: str | None, alg: str, since: datetime) -> SigningKey | None:
        """The key that a token names.

        Args:
            kid: the token's `kid`; without one the only key that fits is meant.
            alg: `RS256` or `ES256`.
            since: when the token came; a set that was read later and lacks the key has the last word.

        Returns:
            None when the platform has no such key.

        Raises:
            Unavailable: the keys cannot be read now, and what we have is not enough.
        """
        now = self._clock.now()
        found = self._among(kid, alg)
        if found is not None and self._fresh_until is not None and now < self._fresh_until:
            return found
        if found is None and self._read_at is not None:
            if self._read_at > since:
                return None
            if now < self._read_at + COOLDOWN:
                raise Unavailable("the keys were read a moment ago", self._read_at + COOLDOWN - now)
        await self._renew(must=found is None)
        return self._among(kid, alg)

    async def close(self) -> None:
        """End a fetch that runs."""
        await self._fetch.close()

    async def _renew(self, *, must: bool) -> None:
        try:
            await self._fetch.get()
        except (Unavailable, KeysRefused, Surprise) as trouble:
            if must:
                raise Unavailable(f"the platform's keys cannot be read: {trouble}") from trouble
            self._fresh_until = self._clock.now() + PAUSE

    def _among(self, kid: str | None, alg: str) -> SigningKey | None:
        kind = RSAKey if alg == "RS256" else ECKey
        fitting = [key for key in self._keys if isinstance(key, kind) and key.get("alg") in {None, alg}]
        if kid is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((key for key in fitting if key.get("kid") == kid), None)

    async def _read(self) -> None:
        reply = await self._wire.call(
            Request(operation=OPERATION, method="GET", url=self._url, within=self._wire.time_outs.fetch)
        )
        listed = required_object(reply, OPERATION).get("keys")
        if not isinstance(listed, list):
            raise Surprise("no list of keys in the answer", reply.digest)
        keys = signing_keys(listed)
        if not keys:
            raise Surprise("no key in the answer that could sign an ID token", reply.digest)
        self._keys, self._read_at, self._fresh_until = keys, reply.at, reply.at + life_of(reply)


class KeySets:
    """Key sets by address, for all clubs: when a provider moves its keys, a new set begins."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock
        self._by_url: dict[str, KeySet] = {}

    def at(self, url: str) -> KeySet:
        """The set at an address."""
        if url not in self._by_url:
            self._by_url[url] = KeySet(url, self._wire.branch(), self._clock)
        return self._by_url[url]

    async def close(self) -> None:
        """End the fetches that run."""
        for keys in self._by_url.values():
            await keys.close()


def signing_keys(listed: Any) -> list[SigningKey]:
    """Those of a set's keys that can verify what we accept."""
    return [key for key in map(_signing_key, listed) if key is not None] if isinstance(listed, list) else []


def _signing_key(value: Any) -> SigningKey | None:
    """A key that can verify a signature; None for any other, and for one that is broken."""
    if not isinstance(value, dict) or value.get("use", "sig") != "sig":
        return None
    try:
        if value.get("kty") == "RSA":
            # The modulus is looked at first: the library warns of short keys, and we do not want them at all.
            modulus = value["n"]
            return RSAKey.import_key(_public(value, "n", "e")) if len(modulus) * 6 >= SHORTEST_RSA else None
        if value.get("kty") == "EC" and value.get("crv") == "P-256":
            return ECKey.import_key(_public(value, "crv", "x", "y"))
    except (JoseError, ValueError, TypeError, KeyError, binascii.Error):
        return None
    return None


def _public(value: dict[str, Any], *names: str) -> dict[str, str | list[str]]:
    """Only what a public key needs: a stray private part or usage list must not get in our way."""
    optional = [name for name in ("kid", "alg") if isinstance(value.get(name), str)]
    return {name: value[name] for name in ("kty", *names, *optional)}
