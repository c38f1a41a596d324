"""Keeps the codes that phones bring to the merchant's page, and who sees what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from medlem.club.ids import ClubId
from medlem.club.landing import HANDED_OVER, Landing, Step
from medlem.club.masked import Masked
from medlem.flows.landing_table import Session as PageSession
from medlem.storage.identifications import AT_ONCE
from medlem.storage.sealed import SealedBytes, SealedText, bytes_sealed, text_sealed
from medlem.storage.session import Row, Session, millis, moment
from medlem.vault import Vault

CODE: Final = "code of a landing"
COOKIE: Final = "cookie of the page"


class Landings:
    """`flows.tables.Landings`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def arrive(self, club: ClubId, code: Masked[str], now: datetime) -> Landing:
        plain = code.reveal()  # to be hashed, and sealed into its row
        digest, *older = self._vault.digests(CODE, plain)
        for known in (digest, *older):
            if (found := await self._get(club, known)) is not None:
                return found
        await self._session.run(
            "landings.arrive",
            club=club,
            digest=digest,
            step=Step.ARRIVED.value,
            arrived_at=millis(now),
            free_at=millis(now + HANDED_OVER),
            tries=0,
            code=self._vault.seal(plain.encode()),
        )
        made = await self._get(club, digest)
        if made is None:
            raise LookupError("a landing was gone at once")
        return made

    async def hold(self, landing: Landing) -> Landing | None:
        row = await self._session.one("landings.hold", club=landing.club, digest=landing.digest)
        return self._landing(row) if row else None

    async def save(self, landing: Landing) -> None:
        code, _ = text_sealed(self._vault, CODE, landing.code)
        await self._session.run(
            "landings.save",
            club=landing.club,
            digest=landing.digest,
            step=landing.step.value,
            free_at=millis(landing.free_at),
            tries=landing.tries,
            code=code,
            answer=bytes_sealed(self._vault, landing.answer),
            enrolment=landing.enrolment,
        )
        self._session.announce(landing.digest)

    async def left_lying(self, now: datetime, most: int) -> Sequence[Landing]:
        rows = await self._session.all("landings.left_lying", now=millis(now), most=most)
        return [self._landing(row) for row in rows]

    async def steps(self, club: ClubId, since: datetime, until: datetime) -> frozenset[Step]:
        rows = await self._session.all("landings.steps", club=club, since=millis(since), until=millis(until))
        return frozenset(Step(row["step"]) for row in rows)

    async def open_session(self, landing: Landing, secret: Masked[str], until: datetime) -> None:
        await self._session.run(
            "landings.open_session",
            digest=self._vault.digest(COOKIE, secret.reveal()),
            club=landing.club,
            landing=landing.digest,
            valid_until=millis(until),
        )

    async def session(self, club: ClubId, secret: Masked[str], now: datetime) -> PageSession | None:
        for digest in self._vault.digests(COOKIE, secret.reveal()):
            row = await self._session.one("landings.session", club=club, digest=digest, now=millis(now))
            if row is not None and (landing := await self._get(club, row["landing"])) is not None:
                return PageSession(landing, row["used_at"] is not None)
        return None

    async def use_sessions(self, landing: Landing, now: datetime) -> None:
        await self._session.run("landings.use_sessions", club=landing.club, landing=landing.digest, now=millis(now))

    async def forget(self, before: datetime) -> int:
        return await self._session.run("landings.forget", before=millis(before), most=AT_ONCE)

    async def forget_sessions(self, before: datetime) -> int:
        return await self._session.run("landings.forget_sessions", before=millis(before), most=AT_ONCE)

    async def _get(self, club: ClubId, digest: str) -> Landing | None:
        row = await self._session.one("landings.get", club=club, digest=digest)
        return self._landing(row) if row else None

    def _landing(self, row: Row) -> Landing:
        code, answer = row["code"], row["answer"]
        return Landing(
            club=ClubId(row["club"]),
            digest=row["digest"],
            step=Step(row["step"]),
            arrived_at=moment(int(row["arrived_at"])),
            free_at=moment(int(row["free_at"])),
            tries=row["tries"],
            code=SealedText(self._vault, code, row["digest"]) if code else None,
            answer=SealedBytes(self._vault, answer) if answer else None,
            enrolment=row["enrolment"],
        )
