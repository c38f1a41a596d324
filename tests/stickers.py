"""A sticker and a scan of it, for tests of what is kept."""

from medlem.club.ids import check_in_id, station_qr_id
from medlem.club.masked import Masked
from medlem.club.station_qr import CheckIn, StationQr
from premises import NOW, Premises, later

CONTENT = "https://qr.vipps.no/c/1"
TOKEN = "dG9rZW4gb2YgYSBzY2Fu"


def qr(here: Premises) -> StationQr:
    return StationQr.begin(station_qr_id(NOW), here.club.id, here.till.id, "Till 1", NOW)


def scan(here: Premises, named_at: str = "2026-11-23T10:00:00.1234567Z", token: str = TOKEN) -> CheckIn:
    return CheckIn(
        id=check_in_id(NOW),
        club=here.club.id,
        station=here.till.id,
        token=Masked(token),
        named_at=named_at,
        at=NOW,
        due_at=later(15),
    )
