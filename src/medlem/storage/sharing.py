"""Keeps who ended sharing, and where the platform tells us of it."""

from datetime import datetime

from medlem.club.ids import ClubId, MemberId
from medlem.club.masked import Masked
from medlem.club.member import Member
from medlem.flows.member_tables import WithdrawalAddress
from medlem.storage.session import Row, Session, millis, moment
from medlem.vault import Vault

ADDRESS = "withdrawal address"
MINUTE = 60_000


class Sharing:
    """`flows.tables.Sharing`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def withdraw(self, club: ClubId, sub: str, before: datetime, now: datetime) -> MemberId | None:
        row = await self._session.one("sharing.withdraw", club=club, sub=sub, before=millis(before), now=millis(now))
        if row is None:
            return None
        member = MemberId(row["id"])
        await self._session.run("sharing.keep_withdrawal", club=club, member=member, now=millis(now))
        return member

    async def renew(self, member: Member, at: datetime) -> None:
        await self._session.run("sharing.renew", club=member.club, member=member.id, at=millis(at))

    async def address(self, secret: Masked[str], now: datetime) -> WithdrawalAddress | None:
        for digest in self._vault.digests(ADDRESS, secret.reveal()):
            row = await self._session.one("sharing.address", digest=digest, now=millis(now))
            if row is not None:
                return self._address(row)
        return None

    async def present_address(self, club: ClubId) -> WithdrawalAddress | None:
        row = await self._session.one("sharing.present_address", club=club)
        return None if row is None else self._address(row)

    async def add_address(self, address: WithdrawalAddress) -> None:
        secret = address.secret.reveal()  # into its row, sealed
        await self._session.run(
            "sharing.add_address",
            club=address.club,
            digest=self._vault.digest(ADDRESS, secret),
            secret=self._vault.seal(secret.encode()),
            made_at=millis(address.made_at),
        )

    async def end_addresses(self, club: ClubId, at: datetime) -> None:
        await self._session.run("sharing.end_addresses", club=club, at=millis(at))

    async def count(self, address: WithdrawalAddress, now: datetime, most: int) -> bool:
        minute = millis(now) // MINUTE
        made_at = millis(address.made_at)
        return (
            await self._session.run("sharing.count", club=address.club, made_at=made_at, minute=minute, most=most) > 0
        )

    def _address(self, row: Row) -> WithdrawalAddress:
        secret = Masked(self._vault.open(row["secret"]).decode())
        return WithdrawalAddress(ClubId(row["club"]), secret, moment(int(row["made_at"])))
