"""Names of things: prefixed, safe in a URL, and sortable by the moment they were made.

Ten characters of time in milliseconds and sixteen of chance, in Crockford's base 32: the shape of a ULID.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final, NewType

ClubId = NewType("ClubId", str)
StoreId = NewType("StoreId", str)
StationId = NewType("StationId", str)
KeyId = NewType("KeyId", str)
IdentificationId = NewType("IdentificationId", str)
EnrolmentId = NewType("EnrolmentId", str)
MemberId = NewType("MemberId", str)
ConsentId = NewType("ConsentId", str)
StationQrId = NewType("StationQrId", str)
CheckInId = NewType("CheckInId", str)
AnnouncementId = NewType("AnnouncementId", str)
EndpointId = NewType("EndpointId", str)
NoticeId = NewType("NoticeId", str)
LinkingId = NewType("LinkingId", str)
MergeId = NewType("MergeId", str)

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_SHIFTS: Final = range(120, -1, -10)
_CHANCE_BITS: Final = 80
_LETTERS_OF_CHANCE: Final = 16
_LETTER_OF: Final = (_ALPHABET * 8).encode()
"""A letter for each value of a byte, all of them equally often."""


def _ulid(now: datetime) -> str:
    number = (int(now.timestamp() * 1000) << _CHANCE_BITS) | secrets.randbits(_CHANCE_BITS)
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


def _maker(prefix: str) -> Callable[[datetime], str]:
    def make(now: datetime) -> str:
        return f"{prefix}_{_ulid(now)}"

    return make


def _several(prefix: str, now: datetime, many: int) -> list[str]:
    """As many at once, at a tenth of the price: each letter of chance is five bits of a byte of its own."""
    moment = int(now.timestamp() * 1000)
    begin = f"{prefix}_" + "".join([_PAIRS[(moment >> shift) & 1023] for shift in range(40, -1, -10)])
    chance = secrets.token_bytes(many * _LETTERS_OF_CHANCE).translate(_LETTER_OF).decode()
    return [
        begin + chance[at : at + _LETTERS_OF_CHANCE] for at in range(0, many * _LETTERS_OF_CHANCE, _LETTERS_OF_CHANCE)
    ]


_club, _store, _station, _key = _maker("clb"), _maker("sto"), _maker("sta"), _maker("key")
_identification, _enrolment, _member, _consent = _maker("idn"), _maker("enr"), _maker("mem"), _maker("con")
_station_qr, _check_in = _maker("sqr"), _maker("chk")
_announcement, _linking = _maker("ann"), _maker("lnk")
_endpoint, _notice = _maker("whe"), _maker("ntc")
_merge = _maker("mrg")


def club_id(now: datetime) -> ClubId:
    """A new club's id."""
    return ClubId(_club(now))


def store_id(now: datetime) -> StoreId:
    """A new store's id."""
    return StoreId(_store(now))


def station_id(now: datetime) -> StationId:
    """A new station's id."""
    return StationId(_station(now))


def key_id(now: datetime) -> KeyId:
    """A new key's id; not the key itself."""
    return KeyId(_key(now))


def identification_id(now: datetime) -> IdentificationId:
    """A new identification's id."""
    return IdentificationId(_identification(now))


def enrolment_id(now: datetime) -> EnrolmentId:
    """A new enrolment's id."""
    return EnrolmentId(_enrolment(now))


def member_id(now: datetime) -> MemberId:
    """A new member's id."""
    return MemberId(_member(now))


def consent_id(now: datetime) -> ConsentId:
    """A new consent's id."""
    return ConsentId(_consent(now))


def member_ids(now: datetime, many: int) -> list[MemberId]:
    """The ids of so many new members."""
    return [MemberId(one) for one in _several("mem", now, many)]


def consent_ids(now: datetime, many: int) -> list[ConsentId]:
    """The ids of so many new consents."""
    return [ConsentId(one) for one in _several("con", now, many)]


def station_qr_id(now: datetime) -> StationQrId:
    """A new station QR's id; the platform knows it by this name too."""
    return StationQrId(_station_qr(now))


def check_in_id(now: datetime) -> CheckInId:
    """A new check-in's id."""
    return CheckInId(_check_in(now))


def announcement_id(now: datetime) -> AnnouncementId:
    """A new announcement's id."""
    return AnnouncementId(_announcement(now))


def endpoint_id(now: datetime) -> EndpointId:
    """A new endpoint's id."""
    return EndpointId(_endpoint(now))


def notice_id(now: datetime) -> NoticeId:
    """A new notice's id."""
    return NoticeId(_notice(now))


def linking_id(now: datetime) -> LinkingId:
    """A new linking's id."""
    return LinkingId(_linking(now))


def merge_id(now: datetime) -> MergeId:
    """A new merge's id."""
    return MergeId(_merge(now))
