"""Members who come with a file, as the rows that are put in: values in the order of their statement's columns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from medlem.club.consent import BEGINNING, FORMAT, linked, plainly, remark_digest, sha256
from medlem.club.ids import ConsentId, MemberId
from medlem.club.linking import LinkEnd
from medlem.club.member import Consent
from medlem.flows.import_table import Newcomer, Record
from medlem.storage.consents import new_salt
from medlem.storage.members import address_kept, addresses_kept
from medlem.storage.session import maybe_millis, millis

Values = tuple[Any, ...]


class Rows:
    """The rows of some of them, by table."""

    def __init__(self) -> None:
        self.members: list[Values] = []
        self.links: list[Values] = []
        self.records: list[Values] = []
        self.extras: list[Values] = []
        self.past: list[Values] = []
        self._joining: _Joining | None = None

    def add(self, new: Newcomer, texts: Mapping[str, Record], at: int) -> None:
        """One more.

        Args:
            new: who.
            texts: those records that have words, with the version of their words.
            at: now, in milliseconds.
        """
        member = new.member
        end, sequence = BEGINNING, 0
        if new.joined is not None:
            sequence, row = 1, self._joined(new, new.joined)
            end = row[-1]
            self.records.append(row)
        for record in new.records:
            sequence += 1
            row = chained(texts.get(record.consent.id, record), sequence, end)
            end = row[-1]
            self.records.append(row)
        self.members.append(_member_row(new, sequence, end, at))
        if member.phone is not None:
            self.links.append(_link_row(new, at))
        for name, answer in new.extras.items():
            self.extras.append((member.club, member.id, name, answer, at))
        for since, until in new.past:
            self.past.append((member.club, member.id, millis(since), millis(until)))

    def _joined(self, new: Newcomer, joined: Consent) -> Values:
        if self._joining is None or self._joining.record is not joined:
            self._joining = _Joining(joined)
        return self._joining.first_of(new.member.id, new.joined_id)


class _Joining:
    """The first record of many members, which says of all of them the same: written out once, and hashed for each."""

    def __init__(self, record: Consent) -> None:
        """Leave room for the member and the record's id."""
        self.record = record
        content = _content(replace(record, member=MemberId(_HERE), id=ConsentId(_HERE)), 1, None)
        self._before, self._between, self._after = plainly(content).split(_HERE)
        where = content.index(_HERE)
        self._club, self._place = content[:where], content[where + 1]
        self._rest = (*content[where + 3 :], None, None, None, BEGINNING)

    def first_of(self, member: MemberId, record: ConsentId) -> Values:
        """Of one member; both are ids that were made here, and need no escaping."""
        digest = sha256(f"{self._before}{member}{self._between}{record}{self._after}")
        return (*self._club, member, self._place, record, *self._rest, digest, linked(BEGINNING, digest))


_HERE: Final = "@"
"""In no id, and in none of the words that such a record has."""


def chained(record: Record, sequence: int, previous: str) -> Values:
    """A record as its row keeps it, in its place in the chain: the columns of `consents.add`, the hash last."""
    consent, salt = record.consent, record.salt
    remark = None
    if consent.reason is not None or consent.reference is not None:
        salt = salt or new_salt()
        remark = remark_digest(salt, consent.reason, consent.reference)
    content = _content(consent, sequence, remark)
    digest = sha256(plainly(content))
    kept_salt = salt if remark is not None else None
    return (*content, consent.reason, consent.reference, kept_salt, previous, digest, linked(previous, digest))


def _content(consent: Consent, sequence: int, remark: str | None) -> Values:
    """What a record says: the columns of `CONTENT`."""
    return (
        FORMAT,
        consent.club,
        consent.member,
        sequence,
        consent.id,
        consent.act,
        consent.element,
        consent.purpose,
        consent.channel,
        int(consent.granted),
        maybe_millis(consent.given_at),
        millis(consent.seen_at),
        consent.method,
        consent.actor,
        consent.recorded_by,
        consent.station,
        consent.enrolment,
        consent.code,
        consent.text,
        consent.language,
        consent.text_version,
        consent.text_hash,
        consent.evidence_digest,
        remark,
    )


def _member_row(new: Newcomer, records: int, end: str, at: int) -> Values:
    member = new.member
    profile = member.profile
    verified = profile.email_verified
    return (
        member.club,
        member.id,
        member.member_number,
        member.sub,
        profile.name,
        profile.given_name,
        profile.family_name,
        profile.email,
        None if verified is None else int(verified),
        profile.birthdate,
        profile.gender,
        address_kept(profile.address),
        addresses_kept(profile.other_addresses),
        millis(member.joined_at),
        member.station,
        maybe_millis(member.left_at),
        maybe_millis(new.shared_at),
        maybe_millis(member.sharing_withdrawn_at),
        maybe_millis(member.restricted_at),
        maybe_millis(member.last_seen_at),
        records,
        end if records else None,
        at,
        1,
    )


def _link_row(new: Newcomer, at: int) -> Values:
    """A number of somebody who has left reached them until then."""
    member = new.member
    phone = "" if member.phone is None else member.phone.msisdn
    verified_by = None if member.phone_verified_by is None else member.phone_verified_by.value
    verified_at = at if member.phone_verified_at is None else millis(member.phone_verified_at)
    because = None if member.left_at is None else LinkEnd.LEFT.value
    return (
        member.club, member.id, phone, verified_by, verified_at, verified_at, maybe_millis(member.left_at), because,
    )  # fmt: skip
