"""Keeps what calls with an `Idempotency-Key` came to."""

from datetime import datetime

from medlem.club.ids import ClubId
from medlem.flows.tables import Clash, Remembered, Repeat
from medlem.storage.identifications import AT_ONCE
from medlem.storage.session import Session, millis
from medlem.vault import Vault

SCOPE = "idempotency scope"


class Repeats:
    """`flows.tables.Repeats`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def find(self, club: ClubId, repeat: Repeat) -> Remembered | None:
        for digest in self._vault.digests(SCOPE, repeat.scope):
            row = await self._session.one("repeats.find", club=club, scope=digest)
            if row is not None:
                refusal = self._vault.open(row["refusal"]) if row["refusal"] is not None else None
                return Remembered(row["body"], row["http_status"], row["resource"], refusal)
        return None

    async def keep(self, club: ClubId, repeat: Repeat, status: int, resource: str, now: datetime) -> None:
        await self._keep(club, repeat, {"status": status, "resource": resource, "refusal": None}, now)

    async def keep_refusal(self, club: ClubId, repeat: Repeat, status: int, refusal: bytes, now: datetime) -> None:
        sealed = self._vault.seal(refusal)
        await self._keep(club, repeat, {"status": status, "resource": None, "refusal": sealed}, now)

    async def set_status(self, club: ClubId, repeat: Repeat, status: int) -> None:
        for digest in self._vault.digests(SCOPE, repeat.scope):
            await self._session.run("repeats.set_status", club=club, scope=digest, status=status)

    async def forget(self, before: datetime) -> int:
        return await self._session.run("repeats.forget", before=millis(before), most=AT_ONCE)

    async def _keep(self, club: ClubId, repeat: Repeat, outcome: dict[str, object], now: datetime) -> None:
        scope, *older = self._vault.digests(SCOPE, repeat.scope)
        for digest in older:
            if await self._session.one("repeats.find", club=club, scope=digest) is not None:
                raise Clash("this Idempotency-Key is known already")
        row = {"scope": scope, "club": club, "body": repeat.body, "now": millis(now), **outcome}
        if not await self._session.run("repeats.keep", **row):
            raise Clash("this Idempotency-Key is known already")
