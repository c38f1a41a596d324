"""Writes members as CSV, so that reading and writing it again gives the same bytes."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from medlem.club.line import Line
from medlem.club.member import Address
from medlem.files import records_of_consents
from medlem.files.columns import EXPORTED
from medlem.files.values import guarded


class Writing:
    """An export: UTF-8, commas, lines that end as RFC 4180 says."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write the header into a file, which is the caller's to close."""
        self._stream = stream
        self._put([EXPORTED])

    def write(self, lines: Iterable[Line]) -> None:
        """Write some members; they are to come in the order of their ids."""
        self._put(map(_cells, lines))

    def _put(self, rows: Iterable[Iterable[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        self._stream.write(text.getvalue().encode())


def _cells(line: Line) -> tuple[str, ...]:
    """A member's cells, in the order of `EXPORTED`."""
    profile = line.profile
    address = profile.address or Address()
    return (
        guarded(line.id or ""),
        guarded(line.member_number or ""),
        guarded(line.sub or ""),
        line.phone.e164 if line.phone else "",
        line.phone_verified_by or "",
        _moment(line.phone_verified_at),
        "yes" if line.shared_number else "",
        guarded(profile.name or ""),
        guarded(profile.given_name or ""),
        guarded(profile.family_name or ""),
        guarded(profile.email or ""),
        _flag(profile.email_verified),
        guarded(profile.birthdate or ""),
        guarded(profile.gender or ""),
        guarded(address.street_address or ""),
        guarded(address.postal_code or ""),
        guarded(address.region or ""),
        guarded(address.country or ""),
        guarded(address.address_type or ""),
        guarded(address.formatted or ""),
        _json(profile.other_addresses),
        _moment(line.joined_at),
        _moment(line.left_at),
        guarded(line.station or ""),
        _moment(line.last_seen_at),
        _moment(line.restricted_at),
        _moment(line.shared_at),
        _moment(line.sharing_withdrawn_at),
        _json([[_moment(since), _moment(until)] for since, until in line.past]),
        _json(dict(sorted(line.extras.items()))),
        records_of_consents.written(line.consents),
    )


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _flag(flag: bool | None) -> str:  # noqa: FBT001 - it is a value, not a switch
    return "" if flag is None else "yes" if flag else "no"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode() if value else ""
