"""What the customer calls the app, and which hosts its codes name: data with a date, since both change.

On 12 January 2027 MobilePay is renamed Vipps, and the pages on which people pay move with it; of the host of personal
QR codes nothing has been announced (platform: technical updates, October 2026). The name goes by the *customer's*
country, not by the shop's (platform: knowledge base, across borders). What a shop says in its settings counts more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from medlem.club.phone import COUNTRIES, PhoneNumber

AS_OF: Final = date(2026, 11, 23)
"""When this table was last compared with what the platform has announced."""

RENAMED_AT: Final = datetime(2027, 1, 11, 23, 0, tzinfo=UTC)
"""Midnight in Copenhagen; Helsinki changes an hour late by this clock, which no customer will mind."""

ELSEWHERE: Final = "Vipps"
"""What it is called wherever the table names nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """What holds from one day to the next."""

    begins_at: datetime
    names: Mapping[str, str]
    """By calling code."""
    qr_hosts: frozenset[str]
    """Where personal QR codes point."""
    payment_hosts: frozenset[str]
    """Where the codes for paying point, which are scanned by mistake; those that are printed live on."""


ERAS: Final = (
    Era(
        begins_at=datetime.min.replace(tzinfo=UTC),
        names={COUNTRIES[country]: "MobilePay" for country in ("DK", "FI", "GL")},
        qr_hosts=frozenset({"qr.vipps.no"}),
        payment_hosts=frozenset({"pay.mobilepay.dk", "pay.mobilepay.fi"}),
    ),
    Era(
        begins_at=RENAMED_AT,
        names={},
        qr_hosts=frozenset({"qr.vipps.no"}),
        payment_hosts=frozenset({"pay.vipps.dk", "pay.vipps.fi", "pay.mobilepay.dk", "pay.mobilepay.fi"}),
    ),
)


@dataclass(frozen=True, slots=True)
class _Correction:
    names: Mapping[str, str]
    qr_hosts: frozenset[str]


_UNCORRECTED: Final = _Correction({}, frozenset())
_said = [_UNCORRECTED]


def correct(names: Mapping[str, str] | None = None, qr_hosts: Collection[str] = ()) -> None:
    """Let what the shop says count more than the table, in this process; said once, before anybody is served.

    Args:
        names: by country (`DK`), for as long as the process runs; others as the table has them.
        qr_hosts: in the place of the table's, if there are any.
    """
    _said[0] = _Correction({COUNTRIES[country]: name for country, name in (names or {}).items()}, frozenset(qr_hosts))


def era(now: datetime) -> Era:
    """What holds today."""
    return next(one for one in reversed(ERAS) if one.begins_at <= now)


def app_name(phone: PhoneNumber | None, now: datetime) -> str:
    """Name the app as the owner of this number knows it."""
    if phone is None:
        return ELSEWHERE
    code = phone.calling_code
    return _said[0].names.get(code or "") or era(now).names.get(code or "", ELSEWHERE)


def qr_hosts(now: datetime) -> frozenset[str]:
    """The hosts that a personal QR code may name today."""
    return _said[0].qr_hosts or era(now).qr_hosts


def next_change(now: datetime) -> datetime | None:
    """When the table says that something changes next; None when nothing more is announced."""
    return next((one.begins_at for one in ERAS if one.begins_at > now), None)
