"""The ring of keys that were shown here a moment ago.

A till shows its key with every call, and right after a commit a read costs several times what it costs otherwise. So a
key that was good counts as good for one more second, unless it is revoked here: then it stops at once. One that was
not good is always looked for again.
"""

from datetime import datetime, timedelta
from typing import Final

from medlem.club.masked import Masked
from medlem.club.place import Key
from medlem.club.secrets import kind_of
from medlem.flows.ports import Ports

FRESH: Final = timedelta(seconds=1)
MOST: Final = 10_000


class KeyRing:
    """Keys by their secrets."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._seen: dict[Masked[str], tuple[Key, datetime]] = {}

    async def find(self, secret: Masked[str]) -> Key | None:
        """The valid key with this secret; None when there is none, or when nobody can have made it."""
        now = self._ports.clock.now()
        seen = self._seen.get(secret)
        if seen is not None and now < seen[1]:
            return seen[0]
        # The check sum tells a mistyped key without asking the database.
        key = await self._ports.storage.reading.keys.find(secret, now) if kind_of(secret) is not None else None
        if key is None:
            self._seen.pop(secret, None)
            return None
        if len(self._seen) >= MOST:
            self._seen.clear()
        until = now + FRESH
        self._seen[secret] = (key, until if key.expires_at is None else min(until, key.expires_at))
        return key

    def forget(self) -> None:
        """Look for every key again: one of them has just been revoked."""
        self._seen.clear()
