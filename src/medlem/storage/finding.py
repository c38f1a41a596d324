"""Finds members by the indexes that there are."""

from collections.abc import Sequence

from medlem.club.finding import LAST, Spot, Wanted, folded
from medlem.club.ids import ClubId
from medlem.club.member import Member
from medlem.storage.session import Row, Session, maybe_millis, millis

BEYOND_ALL = 2**62


class Finding:
    """`flows.finding_table.Finding`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def hold(self, member: Member) -> None:
        await self._session.one("finding.hold", club=member.club, member=member.id)

    async def page(self, club: ClubId, wanted: Wanted, after: Spot, most: int) -> Sequence[Spot]:
        where = {"club": club, "after": after.member, "most": most}
        if wanted.changed_since is not None:
            place = millis(wanted.changed_since) if after.place is None else after.place
            return _spots(await self._session.all("finding.changed", **where, place=place))
        if wanted.joined_from is not None or wanted.joined_to is not None:
            first = maybe_millis(wanted.joined_from) or 0
            beyond = maybe_millis(wanted.joined_to)
            place = first if after.place is None else after.place
            beyond = BEYOND_ALL if beyond is None else beyond
            return _spots(await self._session.all("finding.joined", **where, place=place, beyond=beyond))
        if wanted.station is not None:
            rows = await self._session.all("finding.at_station", **where, station=wanted.station)
        elif wanted.withdrawn:
            rows = await self._session.all("finding.withdrawn", **where)
        elif wanted.present is False:
            rows = await self._session.all("finding.left", **where)
        else:
            rows = await self._session.all("finding.all", **where)
        return [Spot(row["id"]) for row in rows]

    async def by_number(self, club: ClubId, member_number: str) -> str | None:
        row = await self._session.one("finding.by_number", club=club, member_number=member_number)
        return str(row["id"]) if row else None

    async def named(self, club: ClubId, prefix: str, after: Spot, most: int, *, family: bool) -> Sequence[Spot]:
        first = folded(prefix)
        where = {
            "club": club,
            "first": first,
            "beyond": first + LAST,
            "place": after.place or "",
            "after": after.member,
            "most": most,
        }
        if family:
            return _spots(await self._session.all("finding.by_family_name", **where))
        return _spots(await self._session.all("finding.by_name", **where))


def _spots(rows: Sequence[Row]) -> list[Spot]:
    return [Spot(row["id"], row["place"]) for row in rows]
