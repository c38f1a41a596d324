"""Keeps clubs, stores and stations."""

from collections.abc import Sequence
from datetime import datetime

from medlem.club.ids import ClubId, StationId, StoreId
from medlem.club.masked import Masked
from medlem.club.place import Club, Station, Store
from medlem.storage.sealed import SealedBytes, bytes_sealed
from medlem.storage.session import Row, Session, millis, moment
from medlem.vault import Vault

PAIRING = "pairing code"
_CLUB = "club"


class Places:
    """`flows.tables.Places`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def club_of(self, sales_unit: str) -> Club | None:
        row = await self._session.one("places.club_of", sales_unit=sales_unit)
        return _club(row) if row else None

    async def club(self, club: ClubId) -> Club | None:
        row = await self._session.one("places.club", club=club)
        return _club(row) if row else None

    async def clubs(self) -> Sequence[Club]:
        return [_club(row) for row in await self._session.all("places.clubs")]

    async def add_club(self, club: Club, now: datetime) -> None:
        await self._session.run(
            "places.add_club",
            club=club.id,
            sales_unit=club.sales_unit,
            name=club.name,
            country=club.country,
            digest=self._vault.digest(_CLUB, club.id),
            now=millis(now),
        )

    async def save_club(self, club: Club) -> None:
        await self._session.run("places.save_club", club=club.id, name=club.name, country=club.country)

    async def settings_of(self, club: ClubId) -> Masked[bytes] | None:
        row = await self._session.one("places.settings_of", club=club)
        return SealedBytes(self._vault, row["settings"]) if row else None

    async def keep_settings(self, club: ClubId, settings: Masked[bytes], now: datetime) -> None:
        sealed = bytes_sealed(self._vault, settings)
        await self._session.run("places.keep_settings", club=club, settings=sealed, now=millis(now))

    async def fit(self) -> bool:
        """Whether the keys at hand are among those under which this database was written."""
        written = await self._session.all("places.digests")
        return all(written_under(self._vault, row["id"], row["digest"]) for row in written)

    async def store(self, club: ClubId, store: str) -> Store | None:
        row = await self._session.one("places.store", club=club, store=store)
        return _store(row) if row else None

    async def first_store(self, club: ClubId) -> Store | None:
        row = await self._session.one("places.first_store", club=club)
        return _store(row) if row else None

    async def add_store(self, store: Store, now: datetime) -> None:
        await self._session.run("places.add_store", club=store.club, store=store.id, name=store.name, now=millis(now))

    async def station(self, club: ClubId, station: str) -> Station | None:
        row = await self._session.one("places.station", club=club, station=station)
        return _station(row) if row else None

    async def stations(self, club: ClubId) -> Sequence[Station]:
        return [_station(row) for row in await self._session.all("places.stations", club=club)]

    async def add_station(self, station: Station) -> None:
        await self._session.run(
            "places.add_station",
            club=station.club,
            station=station.id,
            store=station.store,
            name=station.name,
            created_at=millis(station.created_at),
        )

    async def remove_station(self, station: Station, now: datetime) -> None:
        where = {"club": station.club, "station": station.id}
        await self._session.run("places.remove_station", **where, now=millis(now))
        await self._session.run("places.revoke_keys_of_station", **where, now=millis(now))
        await self._session.run("places.drop_pairings_of_station", **where)

    async def offer_pairing(self, station: Station, code: Masked[str], until: datetime) -> None:
        digest = self._vault.digest(PAIRING, code.reveal())
        await self._session.run(
            "places.offer_pairing", digest=digest, club=station.club, station=station.id, until=millis(until)
        )

    async def take_pairing(self, code: Masked[str], now: datetime) -> Station | None:
        await self._session.run("places.drop_old_pairings", now=millis(now))
        for digest in self._vault.digests(PAIRING, code.reveal()):
            taken = await self._session.one("places.take_pairing", digest=digest)
            if taken is not None:
                return await self.station(taken["club"], taken["station"])
        return None


def written_under(vault: Vault, club: str, digest: str) -> bool:
    """Whether the keys at hand are among those under which a club was written."""
    return digest in vault.digests(_CLUB, club)


def _club(row: Row) -> Club:
    return Club(id=ClubId(row["id"]), sales_unit=row["sales_unit"], name=row["name"], country=row["country"])


def _store(row: Row) -> Store:
    return Store(id=StoreId(row["id"]), club=ClubId(row["club"]), name=row["name"])


def _station(row: Row) -> Station:
    return Station(
        id=StationId(row["id"]),
        club=ClubId(row["club"]),
        store=StoreId(row["store"]),
        name=row["name"],
        created_at=moment(row["created_at"]),
        removed_at=moment(row["removed_at"]),
    )
