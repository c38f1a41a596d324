"""Keeps our registrations with the platform, what it has pinged us about, and by what a provider shows that it may."""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest

from medlem.club.enrolment import Enrolment
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Replaced, Subscribed
from medlem.flows.webhook_table import Turn
from medlem.storage.enrolments import REQUEST
from medlem.storage.identifications import AT_ONCE
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import SealBroken, Vault

log = logging.getLogger(__name__)

TOKEN = "notification token"  # noqa: S105 - what a keyed hash is for, no secret


class Webhooks:
    """`flows.tables.Webhooks`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def delivered_at(self, club: ClubId, event: str) -> datetime | None:
        row = await self._session.one("webhooks.delivered_at", club=club, event=event)
        return None if row is None else moment(int(row["delivered_at"]))

    async def note_delivery(self, club: ClubId, event: str, now: datetime) -> None:
        await self._session.run("webhooks.note_delivery", club=club, event=event, now=millis(now))

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

    async def expect(self, enrolment: Enrolment, token: Masked[str], now: datetime) -> None:
        await self._session.run(
            "webhooks.expect",
            club=enrolment.club,
            digest=self._vault.digest(TOKEN, token.reveal()),
            enrolment=enrolment.id,
            now=millis(now),
        )

    async def bind(self, enrolment: Enrolment, request: Masked[str]) -> None:
        digest = self._vault.digest(REQUEST, request.reveal())
        where = {"club": enrolment.club, "enrolment": enrolment.id}
        await self._session.run("webhooks.bind", **where, request_digest=digest)

    async def vouched(self, club: ClubId, token: Masked[str], request: Masked[str] | None) -> bool:
        for digest in self._vault.digests(TOKEN, token.reveal()):
            row = await self._session.one("webhooks.expected", club=club, digest=digest)
            if row is not None:
                bound = row["request_digest"]
                if bound is None or request is None:
                    return True
                named = self._vault.digests(REQUEST, request.reveal())
                return any(compare_digest(bound, one) for one in named)
        return False

    async def forget_notifications(self, before: datetime) -> int:
        return await self._session.run("webhooks.forget_notifications", before=millis(before), most=AT_ONCE)

    async def registration(self, club: ClubId, event: str) -> Subscribed | None:
        row = await self._session.one("webhooks.registration", club=club, event=event)
        return None if row is None else self._subscribed(row)

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

    async def registered_events(self, club: ClubId) -> Sequence[str]:
        rows = await self._session.all("webhooks.registered_events", club=club)
        return sorted({str(row["event"]) for row in rows})

    async def replaced(self, club: ClubId, event: str) -> Sequence[Replaced]:
        rows = await self._session.all("webhooks.replaced", club=club, event=event)
        return [Replaced(self._subscribed(row), moment(row["ended_at"])) for row in rows]

    async def keep_replaced(self, club: ClubId, event: str, replaced: Replaced) -> None:
        subscribed = replaced.subscribed
        await self._session.run(
            "webhooks.keep_replaced",
            club=club,
            event=event,
            id=subscribed.id,
            url=subscribed.url,
            secret=self._vault.seal(subscribed.secret.reveal().encode()),
            created_at=millis(subscribed.created_at),
            ended_at=maybe_millis(replaced.ended_at),
        )

    async def drop_replaced(self, club: ClubId, event: str, before: datetime) -> None:
        await self._session.run("webhooks.drop_replaced", club=club, event=event, before=millis(before))

    async def take_turn(self, club: ClubId, now: datetime, until: datetime) -> Turn | None:
        row = await self._session.one("webhooks.take_turn", club=club, now=millis(now), until=millis(until))
        return None if row is None else Turn(club, int(row["claim"]))

    async def hold_turn(self, turn: Turn, until: datetime) -> bool:
        held = await self._session.run("webhooks.hold_turn", club=turn.club, claim=turn.claim, until=millis(until))
        return held > 0

    async def end_turn(self, turn: Turn, checked_at: datetime | None) -> None:
        at = maybe_millis(checked_at)
        await self._session.run("webhooks.end_turn", club=turn.club, claim=turn.claim, checked_at=at)

    async def checked_at(self, club: ClubId) -> datetime | None:
        row = await self._session.one("webhooks.checked_at", club=club)
        return None if row is None else moment(row["checked_at"])

    def _subscribed(self, row: Row) -> Subscribed:
        name, lost = str(row["id"]), False
        try:
            secret = Masked(self._vault.open(row["secret"]).decode())
        except SealBroken as broken:
            log.warning("the secret of registration %s cannot be read, and it is made anew: %s", name, broken)
            secret, lost = Masked(secrets.token_urlsafe(32)), True  # which signs nothing that anybody sends
        return Subscribed(name, row["url"], secret, moment(int(row["created_at"])), lost)
