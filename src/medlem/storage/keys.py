"""Keeps the keys to our own API, by keyed hash."""

from collections.abc import Sequence
from datetime import datetime

from medlem.club.ids import ClubId, KeyId
from medlem.club.masked import Masked
from medlem.club.place import Key, KeyKind
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

API_KEY = "api key"


class Keys:
    """`flows.tables.Keys`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def find(self, secret: Masked[str], now: datetime) -> Key | None:
        for digest in self._vault.digests(API_KEY, secret.reveal()):
            row = await self._session.one("keys.find", digest=digest, now=millis(now))
            if row is not None:
                return _key(row)
        return None

    async def all(self, club: ClubId) -> Sequence[Key]:
        return [_key(row) for row in await self._session.all("keys.all", club=club)]

    async def add(self, key: Key, secret: Masked[str]) -> None:
        await self._session.run(
            "keys.add",
            club=key.club,
            key=key.id,
            kind=key.kind.value,
            name=key.name,
            digest=self._vault.digest(API_KEY, secret.reveal()),
            station=key.station,
            created_at=millis(key.created_at),
            expires_at=maybe_millis(key.expires_at),
            revoked_at=maybe_millis(key.revoked_at),
        )

    async def revoke(self, club: ClubId, key: str, now: datetime) -> bool:
        return await self._session.run("keys.revoke", club=club, key=key, now=millis(now)) > 0


def _key(row: Row) -> Key:
    return Key(
        id=KeyId(row["id"]),
        club=ClubId(row["club"]),
        kind=KeyKind(row["kind"]),
        name=row["name"],
        station=row["station"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        revoked_at=moment(row["revoked_at"]),
    )
