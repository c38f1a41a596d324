"""Keeps the scans of the stickers at stations, each until its token is worth nothing."""

from collections.abc import Sequence
from datetime import datetime

from medlem.club.ids import CheckInId, ClubId, IdentificationId, StationId
from medlem.club.masked import Masked
from medlem.club.station_qr import CheckIn
from medlem.storage.identifications import AT_ONCE
from medlem.storage.sealed import SealedText
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

SCAN = "check-in"


class CheckIns:
    """`flows.tables.CheckIns`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def add(self, check_in: CheckIn) -> bool:
        token = check_in.token.reveal()  # into its row, sealed, and into the keyed hash that knows it again
        said = f"{check_in.named_at}\n{token}"
        digests = self._vault.digests(SCAN, said)
        for digest in digests:
            if await self._session.one("check_ins.known", club=check_in.club, digest=digest) is not None:
                return False
        added = await self._session.run(
            "check_ins.add",
            club=check_in.club,
            check_in=check_in.id,
            station=check_in.station,
            digest=digests[0],
            token=self._vault.seal(token.encode()),
            named_at=check_in.named_at,
            scanned_at=millis(check_in.at),
            valid_until=millis(check_in.until),
            due_at=maybe_millis(check_in.due_at),
            failures=check_in.failures,
        )
        return added > 0

    async def hold(self, club: ClubId, check_in: str) -> CheckIn | None:
        row = await self._session.one("check_ins.hold", club=club, check_in=check_in)
        return self._check_in(row) if row else None

    async def save(self, check_in: CheckIn) -> None:
        await self._session.run(
            "check_ins.save",
            club=check_in.club,
            check_in=check_in.id,
            due_at=maybe_millis(check_in.due_at),
            failures=check_in.failures,
            identification=check_in.identification,
        )

    async def token_of(self, club: ClubId, identification: str, now: datetime) -> Masked[str] | None:
        where = {"club": club, "identification": identification}
        row = await self._session.one("check_ins.token_of", **where, now=millis(now))
        return SealedText(self._vault, row["token"], "") if row else None

    async def any_due(self, now: datetime) -> bool:
        return await self._session.one("check_ins.any_due", now=millis(now)) is not None

    async def claim_due(self, now: datetime, until: datetime, most: int) -> Sequence[CheckIn]:
        rows = await self._session.all("check_ins.claim_due", now=millis(now), until=millis(until), most=most)
        return [self._check_in(row) for row in rows]

    async def forget(self, now: datetime) -> int:
        return await self._session.run("check_ins.forget", now=millis(now), most=AT_ONCE)

    def _check_in(self, row: Row) -> CheckIn:
        return CheckIn(
            id=CheckInId(row["id"]),
            club=ClubId(row["club"]),
            station=StationId(row["station"]),
            token=SealedText(self._vault, row["token"], ""),
            named_at=row["named_at"],
            at=moment(int(row["scanned_at"])),
            due_at=moment(row["due_at"]),
            failures=row["failures"],
            identification=IdentificationId(row["identification"]) if row["identification"] else None,
        )
