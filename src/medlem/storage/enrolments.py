"""Keeps questions to customers, and who looks for their answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from medlem.club.codes import ConfirmationCode, confirmation_code
from medlem.club.enrolment import SLOWER, Enrolment, Finish, Reason, State
from medlem.club.identification import Evidence
from medlem.club.ids import ClubId, EnrolmentId, IdentificationId, StationId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.storage.identifications import AT_ONCE
from medlem.storage.sealed import SealedBytes, SealedText, bytes_sealed, text_sealed
from medlem.storage.session import Row, Session, maybe_millis, millis, moment, span
from medlem.vault import Vault

REQUEST = "auth_req_id"
DUE: Final = "due"

_DRAWS: Final = 100
"""With 22^6 codes, a hundred clashes in a row are no bad luck but a defect."""


class Enrolments:
    """`flows.tables.Enrolments`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def open(self, enrolment: Enrolment) -> Enrolment:
        if enrolment.phone is None:
            raise ValueError(f"{enrolment.id} has no number to ask")
        where = {"club": enrolment.club, "phone": enrolment.phone.msisdn}
        for _ in range(_DRAWS):
            if await self._session.run("enrolments.add", **self._columns(enrolment)):
                await self._session.run(
                    "enrolments.mark_asked", club=enrolment.club, identification=enrolment.identification
                )
                self._announce(enrolment)
                return enrolment
            row = await self._session.one("enrolments.open_for_phone", **where)
            # Held, so that it cannot end before whoever follows it now is known as a follower.
            if row is not None and (found := await self.hold(enrolment.club, row["id"])) is not None and found.is_open:
                return found
            enrolment = replace(enrolment, code=confirmation_code())
        raise RuntimeError("no confirmation code is free")

    async def get(self, club: ClubId, enrolment: str) -> Enrolment | None:
        row = await self._session.one("enrolments.get", club=club, enrolment=enrolment)
        return self._enrolment(row) if row else None

    async def hold(self, club: ClubId, enrolment: str) -> Enrolment | None:
        row = await self._session.one("enrolments.hold", club=club, enrolment=enrolment)
        return self._enrolment(row) if row else None

    async def hold_all(self, wanted: Sequence[Enrolment]) -> Mapping[EnrolmentId, Enrolment]:
        in_order = sorted(wanted, key=lambda enrolment: enrolment.id)
        rows = await self._session.each("enrolments.hold", [{"club": e.club, "enrolment": e.id} for e in in_order])
        held = [self._enrolment(row) for row in rows]
        return {enrolment.id: enrolment for enrolment in held}

    async def save(self, enrolment: Enrolment, login: str | None = None) -> bool:
        if _only_waits_on(enrolment):
            return await self._put_off([enrolment]) > 0
        if not await self._session.run("enrolments.save", **self._columns(enrolment), login=login):
            return False
        self._announce(enrolment)
        return True

    async def save_all(self, changed: Sequence[Enrolment]) -> None:
        waiting = [enrolment for enrolment in changed if _only_waits_on(enrolment)]
        if waiting:
            await self._put_off(waiting)
        for enrolment in changed:
            if not _only_waits_on(enrolment):
                await self.save(enrolment)

    async def _put_off(self, waiting: Sequence[Enrolment]) -> int:
        """Save when to look next: the one write of which there are thousands a second.

        Most of the row's indices need not hear of it, nor does anybody who waits: there is nothing to see, and
        nothing to do before the interval has passed, unless the platform called while we looked.
        """
        written = await self._session.each(
            "enrolments.put_off",
            [
                {
                    "club": enrolment.club,
                    "enrolment": enrolment.id,
                    "claim": enrolment.claim,
                    "interval_ms": span(enrolment.interval),
                    "due_at": maybe_millis(enrolment.due_at),
                    "failures": enrolment.failures,
                    "pinged_at": maybe_millis(enrolment.pinged_at),
                }
                for enrolment in waiting
            ],
        )
        if any(row["due_at"] == row["pinged_at"] for row in written):
            self._session.announce(DUE)
        return len(written)

    async def slow_down(self, enrolment: Enrolment) -> None:
        where = {"club": enrolment.club, "enrolment": enrolment.id}
        await self._session.run("enrolments.slow_down", **where, slower=span(SLOWER))

    async def wake(self, enrolment: Enrolment, now: datetime) -> None:
        where = {"club": enrolment.club, "enrolment": enrolment.id}
        if await self._session.run("enrolments.wake", **where, now=millis(now)):
            self._session.announce(DUE)

    async def follow(self, enrolment: Enrolment, station: StationId) -> bool:
        return (
            await self._session.run(
                "enrolments.follow",
                club=enrolment.club,
                enrolment=enrolment.id,
                station=station,
                begun_at=millis(enrolment.created_at),
            )
            > 0
        )

    async def followers(self, enrolment: Enrolment) -> Sequence[StationId]:
        rows = await self._session.all("enrolments.followers", club=enrolment.club, enrolment=enrolment.id)
        return [StationId(row["station"]) for row in rows]

    async def follows(self, enrolment: Enrolment, station: StationId) -> bool:
        where = {"club": enrolment.club, "enrolment": enrolment.id, "station": station}
        return await self._session.one("enrolments.follows", **where) is not None

    async def claim_due(self, now: datetime, lease: timedelta, most: int) -> Sequence[Enrolment]:
        rows = await self._session.all(
            "enrolments.claim_due", now=millis(now), lease_until=millis(now + lease), most=most
        )
        return [self._enrolment(row) for row in sorted(rows, key=lambda row: int(row["due_at"]))]

    async def next_due(self) -> datetime | None:
        row = await self._session.one("enrolments.next_due")
        return moment(row["next_due"]) if row else None

    async def count_open(self) -> Mapping[tuple[ClubId, State], int]:
        counted = await self._session.all("enrolments.count_open")
        return {(ClubId(row["club"]), State(row["state"])): row["many"] for row in counted}

    async def release_leases(self, margin: timedelta, now: datetime | None = None) -> int:
        """Free what a dead process held: nobody else can hold anything when the only serving process starts.

        A look that was cut off may have reached the platform, which counts the interval from there; it is not
        repeated before that interval has passed, unless its answer is here or the platform itself called.

        Args:
            margin: how much later than that, at least.
            now: with many nodes, when a dead one was found to be gone. One process alone has no clock when it opens
                its file, and counts from the claim.
        """
        freed = await self._session.run("enrolments.release_leases", margin=span(margin), now=maybe_millis(now))
        if freed:
            self._session.announce(DUE)
        return freed

    async def lost_asks(self, before: datetime) -> Sequence[Enrolment]:
        rows = await self._session.all("enrolments.lost_asks", before=millis(before))
        found = [await self.get(row["club"], row["id"]) for row in rows]
        return [enrolment for enrolment in found if enrolment is not None]

    async def of_request(self, club: ClubId, request: Masked[str]) -> Enrolment | None:
        for digest in self._vault.digests(REQUEST, request.reveal()):
            row = await self._session.one("enrolments.of_request", club=club, digest=digest)
            if row is not None:
                return await self.get(club, row["id"])
        return None

    async def asks_on_page(self, club: ClubId) -> bool:
        return await self._session.one("enrolments.asks_on_page", club=club) is not None

    async def is_asking(self, club: ClubId) -> bool:
        return await self._session.one("enrolments.is_asking", club=club) is not None

    async def times_asked(self, club: ClubId, phone: PhoneNumber, since: datetime) -> Sequence[datetime]:
        rows = await self._session.all("enrolments.times_asked", club=club, phone=phone.msisdn, since=millis(since))
        return [moment(int(row["created_at"])) for row in rows]

    async def last_ended(self, club: ClubId, phone: PhoneNumber, state: State) -> Enrolment | None:
        where = {"club": club, "phone": phone.msisdn, "state": state.value}
        row = await self._session.one("enrolments.last_ended", **where)
        return await self.get(club, row["id"]) if row else None

    async def forget(self, before: datetime) -> int:
        forgotten = await self._session.all("enrolments.forget", before=millis(before), most=AT_ONCE)
        for row in forgotten:
            where = {"club": row["club"], "identification": row["identification"]}
            await self._session.run("enrolments.forget_identification", **where)
        return len(forgotten)

    def _announce(self, enrolment: Enrolment) -> None:
        self._session.announce(enrolment.id)
        if enrolment.due_at is not None:
            self._session.announce(DUE)

    def _columns(self, enrolment: Enrolment) -> dict[str, object]:
        request, request_digest = text_sealed(self._vault, REQUEST, enrolment.request)
        return {
            "club": enrolment.club,
            "enrolment": enrolment.id,
            "identification": enrolment.identification,
            "station": enrolment.station,
            "phone": enrolment.phone.msisdn if enrolment.phone else None,
            "evidence": enrolment.evidence.value,
            "code": enrolment.code,
            "finish": enrolment.finish.value,
            "state": enrolment.state.value,
            "reason": enrolment.reason.value if enrolment.reason else None,
            "created_at": millis(enrolment.created_at),
            "changed_at": millis(enrolment.changed_at),
            "expires_at": maybe_millis(enrolment.expires_at),
            "interval_ms": span(enrolment.interval),
            "due_at": maybe_millis(enrolment.due_at),
            "failures": enrolment.failures,
            "pinged_at": maybe_millis(enrolment.pinged_at),
            "request": request,
            "request_digest": request_digest,
            "answer": bytes_sealed(self._vault, enrolment.answer),
            "member": enrolment.member,
            "answer_digest": enrolment.digest,
            "claim": enrolment.claim,
        }

    def _enrolment(self, row: Row) -> Enrolment:
        request, answer = row["request"], row["answer"]
        return Enrolment(
            id=EnrolmentId(row["id"]),
            club=ClubId(row["club"]),
            identification=IdentificationId(row["identification"]),
            station=StationId(row["station"]),
            phone=PhoneNumber(row["phone"]) if row["phone"] else None,
            evidence=Evidence(row["evidence"]),
            code=ConfirmationCode(row["code"]),
            finish=Finish(row["finish"]),
            state=State(row["state"]),
            reason=Reason(row["reason"]) if row["reason"] else None,
            created_at=moment(row["created_at"]),
            changed_at=moment(row["changed_at"]),
            expires_at=moment(row["expires_at"]),
            interval=timedelta(milliseconds=row["interval_ms"]),
            due_at=moment(row["due_at"]),
            failures=row["failures"],
            pinged_at=moment(row["pinged_at"]),
            request=SealedText(self._vault, request, row["request_digest"]) if request else None,
            answer=SealedBytes(self._vault, answer) if answer else None,
            member=row["member"],
            digest=row["answer_digest"],
            claim=row["claim"],
            claimed_at=moment(row["claimed_at"]),
        )


def _only_waits_on(enrolment: Enrolment) -> bool:
    """Whether it waited before, without an answer, and does so now: its request came from its row."""
    waits = enrolment.state is State.WAITING and enrolment.answer is None
    return waits and isinstance(enrolment.request, SealedText)
