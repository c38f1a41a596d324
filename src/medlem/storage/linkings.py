"""Keeps what was decided about whom a number reaches."""

from collections.abc import Sequence

import msgspec

from medlem.club.ids import ClubId, EnrolmentId, LinkingId, MemberId
from medlem.club.linking import Before, Link, LinkEnd, Linking, Outcome
from medlem.club.member import VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.storage.session import Row, Session, millis, moment
from medlem.vault import Vault


class Linkings:
    """`flows.tables.Linkings`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def add(self, linking: Linking) -> None:
        await self._session.run(
            "linkings.add",
            club=linking.club,
            linking=linking.id,
            member=linking.member,
            outcome=linking.outcome.value,
            decided_at=millis(linking.at),
            enrolment=linking.enrolment,
            was=self._vault.seal(msgspec.json.encode(linking.before)) if linking.before else None,
            who=linking.by,
            why=self._vault.seal(linking.why.encode()) if linking.why else None,
            undoes=linking.undoes,
        )
        if linking.undoes is not None:
            await self._session.run(
                "linkings.take_back", club=linking.club, linking=linking.undoes, undone_by=linking.id
            )

    async def get(self, club: ClubId, linking: str) -> Linking | None:
        row = await self._session.one("linkings.get", club=club, linking=linking)
        return self._linking(row) if row else None

    async def hold(self, club: ClubId, linking: str) -> Linking | None:
        row = await self._session.one("linkings.hold", club=club, linking=linking)
        return self._linking(row) if row else None

    async def of_enrolment(self, club: ClubId, enrolment: EnrolmentId) -> Linking | None:
        row = await self._session.one("linkings.of_enrolment", club=club, enrolment=enrolment)
        return self._linking(row) if row else None

    async def of_member(self, club: ClubId, member: MemberId) -> Sequence[Linking]:
        rows = await self._session.all("linkings.of_member", club=club, member=member)
        return sorted((self._linking(row) for row in rows), key=lambda one: (one.at, one.undoes is not None))

    async def stand_again(self, linking: Linking) -> None:
        await self._session.run("linkings.take_back", club=linking.club, linking=linking.id, undone_by=None)

    async def fall_again(self, linking: Linking, by: Linking) -> None:
        await self._session.run("linkings.take_back", club=linking.club, linking=linking.id, undone_by=by.id)

    async def begun(self, linking: Linking) -> Sequence[Link]:
        rows = await self._session.all("linkings.begun", club=linking.club, linking=linking.id)
        return [link_of(row) for row in rows]

    async def ended(self, linking: Linking) -> Sequence[Link]:
        rows = await self._session.all("linkings.ended", club=linking.club, linking=linking.id)
        return [link_of(row) for row in rows]

    async def links(self, club: ClubId, member: MemberId) -> Sequence[Link]:
        rows = await self._session.all("linkings.links", club=club, member=member)
        return sorted(
            (link_of(row) for row in rows), key=lambda one: (one.begun_at, one.ended_at is None, one.verified_at)
        )

    async def begin_again(self, link: Link, linking: Linking) -> None:
        await self._session.run(
            "linkings.begin_again",
            club=linking.club,
            member=link.member,
            phone=link.phone.msisdn,
            verified_by=link.verified_by.value,
            verified_at=millis(link.verified_at),
            linking=linking.id,
            now=millis(linking.at),
        )

    def _linking(self, row: Row) -> Linking:
        return Linking(
            id=LinkingId(row["id"]),
            club=ClubId(row["club"]),
            member=MemberId(row["member"]),
            outcome=Outcome(row["outcome"]),
            at=moment(row["decided_at"]),
            enrolment=row["enrolment"],
            before=_before.decode(self._vault.open(row["was"])) if row["was"] else None,
            by=row["who"],
            why=self._vault.open(row["why"]).decode() if row["why"] else None,
            undoes=row["undoes"],
            undone_by=row["undone_by"],
        )


def link_of(row: Row) -> Link:
    """A link as its row keeps it."""
    return Link(
        member=MemberId(row["member"]),
        phone=PhoneNumber(row["phone"]),
        verified_by=VerifiedBy(row["verified_by"]),
        begun_at=moment(row["begun_at"]),
        verified_at=moment(row["verified_at"]),
        ended_at=moment(row["ended_at"]),
        ended_because=LinkEnd(row["ended_because"]) if row["ended_because"] else None,
        begun_by=row["begun_by"],
        ended_by=row["ended_by"],
    )


_before = msgspec.json.Decoder(Before)
