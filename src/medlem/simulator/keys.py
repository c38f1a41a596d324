"""The provider's signing keys: one RSA for RS256, one P-256 for ES256, both published.

An RSA key takes a tenth of a second to make, so one is made only when it is needed, and all simulators of one process
begin with the same: their issuers differ, and a rotation parts them.
"""

from functools import cache
from typing import Any, Final, Literal
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, RSAKey

from medlem.simulator.journal import Journal, Table

Algorithm = Literal["RS256", "ES256"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("RS256", "ES256")

_RSA_BITS = 2048


class SigningKeys:
    """Signs, publishes, rotates; and forges, on demand."""

    def __init__(self, journal: Journal) -> None:
        self._table = Table(journal, "keys", dict[str, str])
        self._keys = {name: _imported(jwk) for name, jwk in self._table.items()}

    def published(self) -> dict[str, Any]:
        """Make the JWKS: current keys, and the ones before a rotation."""
        for alg in ALGORITHMS:
            self._current(alg)
        return {"keys": [key.as_dict(private=False) for key in self._keys.values()]}

    def sign(self, alg: Algorithm, claims: dict[str, Any]) -> str:
        """Sign with the current key."""
        return _signed(alg, self._current(alg), str(self._current(alg).kid), claims)

    def forge(self, alg: Algorithm, claims: dict[str, Any]) -> str:
        """Sign with a key that is not ours, under the name of ours."""
        return _signed(alg, _shared(alg, "foreign"), str(self._current(alg).kid), claims)

    def rotate(self) -> None:
        """Sign with new keys from now on; the ones before stay published, older ones do not."""
        for alg in ALGORITHMS:
            self._keep(f"{alg} before", self._current(alg))
            self._keep(alg, _made(alg))

    def _current(self, alg: Algorithm) -> RSAKey | ECKey:
        return self._keys.get(alg) or self._keep(alg, _shared(alg, "first"))

    def _keep(self, name: str, key: RSAKey | ECKey) -> RSAKey | ECKey:
        self._table.put(name, {member: str(value) for member, value in key.as_dict(private=True).items()})
        self._keys[name] = key
        return key


@cache
def _shared(alg: Algorithm, _purpose: Literal["first", "foreign"]) -> RSAKey | ECKey:
    return _made(alg)


def _made(alg: Algorithm) -> RSAKey | ECKey:
    names: KeyParameters = {"kid": f"public:{uuid4()}", "use": "sig", "alg": alg}
    if alg == "RS256":
        return RSAKey.generate_key(_RSA_BITS, names)
    return ECKey.generate_key("P-256", names)


def _imported(jwk: dict[str, str]) -> RSAKey | ECKey:
    kind = RSAKey if jwk["kty"] == "RSA" else ECKey
    return kind.import_key({**jwk})


def _signed(alg: Algorithm, key: RSAKey | ECKey, kid: str, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": alg, "kid": kid, "typ": "JWT"}, claims, key, algorithms=[alg])
