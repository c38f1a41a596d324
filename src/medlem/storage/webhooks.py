"""Keeps our registrations with the platform, and what it has pinged us about."""

from datetime import datetime

from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Subscribed
from medlem.storage.enrolments import REQUEST
from medlem.storage.identifications import AT_ONCE
from medlem.storage.session import Session, millis, moment
from medlem.vault import Vault


class Webhooks:
    """`flows.tables.Webhooks`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def ping(self, club: ClubId, request: Masked[str], now: datetime) -> bool:
        if await self.pinged(club, request) is not None:
            return False
        digest = self._vault.digest(REQUEST, request.reveal())
        return await self._session.run("webhooks.ping", club=club, digest=digest, now=millis(now)) > 0

    async def pinged(self, club: ClubId, request: Masked[str]) -> datetime | None:
        for digest in self._vault.digests(REQUEST, request.reveal()):
            row = await self._session.one("webhooks.pinged", club=club, digest=digest)
            if row is not None:
                return moment(int(row["pinged_at"]))
        return None

    async def forget_pings(self, before: datetime) -> int:
        return await self._session.run("webhooks.forget_pings", before=millis(before), most=AT_ONCE)

    async def registration(self, club: ClubId, event: str) -> Subscribed | None:
        row = await self._session.one("webhooks.registration", club=club, event=event)
        if row is None:
            return None
        secret = Masked(self._vault.open(row["secret"]).decode())
        return Subscribed(id=row["id"], url=row["url"], secret=secret, created_at=moment(int(row["created_at"])))

    async def keep_registration(self, club: ClubId, event: str, subscribed: Subscribed) -> None:
        await self._session.run(
            "webhooks.keep_registration",
            club=club,
            event=event,
            id=subscribed.id,
            url=subscribed.url,
            secret=self._vault.seal(subscribed.secret.reveal().encode()),
            created_at=millis(subscribed.created_at),
        )

    async def drop_registration(self, club: ClubId, event: str) -> None:
        await self._session.run("webhooks.drop_registration", club=club, event=event)
