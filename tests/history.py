"""What years of a club leave behind: a row for every member in every table that grows, in the manner of `crowd`.

Ten stations share it all. A few enrolments are open, half of the notices and announcements still wait: an endpoint
and a register that were away for days.
"""

from typing import Final

from crowd import MEMBERS

STATIONS: Final = 10
OPEN: Final = 20
"""Enrolments that are open, half of them still asking. As many whatever the size of the club."""


def station(n: int) -> str:
    """The id of one of the stations."""
    return f"stn_{n % STATIONS}"


PLACES: Final = (
    "insert into store (club, id, name, created_at) values (:club, 'sto_1', 'Store', 0)",
    *(
        "insert into station (club, id, store, name, created_at, last_position) "
        f"values (:club, '{station(n)}', 'sto_1', 'Till', 0, 1000000000)"
        for n in range(STATIONS)
    ),
    (
        "insert into endpoint (club, id, url, kinds, created_at, last_sequence, due_at) "
        "values (:club, 'ept_1', 'https://shop.example', ' member.created ', 0, 1000000000, 0)"
    ),
    (
        "insert into withdrawal_address (club, made_at, digest, secret, minute, heard) "
        "values (:club, 0, 'address', {blob}, 0, 0)"
    ),
    "insert into member (club, id, member_number, joined_at) values (:club, 'spare', 'spare', 0)",
    (
        "insert into consent (position, club, id, member, element, wording, granted, seen_at) "
        "values (2000000000, :club, 'spare', 'spare', '', '', 1, 0)"
    ),
    "insert into erasure (club, member, reason, erased_at) values (:club, 'spare', 'inactive', 0)",
)
"""What stays few; run once each. Nothing refers to the spare member, whose one consent is in no chain yet."""


def _rows(table: str, columns: str, values: str) -> str:
    return f"with recursive {{series}} insert into {table} ({columns}) select {values} from series"


_AT: Final = "{joined} + n * 1000"
_STATE: Final = (
    f"case when n < {OPEN // 2} then 'waiting' when n < {OPEN} then 'asking' when n % 3 = 0 then 'declined' "
    "else 'accepted' end"
)
_MEMBER: Final = "'mem_' || {padded}"
_NUMBER: Final = "cast(member_number as integer)"
_ENROLMENT: Final = "'enr_' || {padded}"
_STATION: Final = f"'stn_' || (n % {STATIONS})"

HISTORY: Final = (
    *MEMBERS,
    (
        f"update member set station = 'stn_1', left_at = case when {_NUMBER} % 7 = 3 then joined_at end, "
        f"flagged_at = case when {_NUMBER} % 11 = 5 then joined_at end, "
        f"email = member_number || '@example.com', birthdate = '19' || member_number, "
        f"sharing_withdrawn_at = case when {_NUMBER} % 13 = 5 then joined_at end "
        "where club = :club and sub is not null and joined_at <= {joined} + :last * 1000"
    ),
    _rows(
        "identification",
        "club, id, station, phone, evidence, membership, member, asked, created_at",
        f":club, 'idn_' || {{padded}}, {_STATION}, {{phone}}, 'typed', 'member', {_MEMBER}, n % 2, {_AT}",
    ),
    _rows(
        "enrolment",
        "club, id, identification, station, phone, evidence, code, state, created_at, changed_at, interval_ms, "
        "due_at, failures, member, request_digest",
        f":club, {_ENROLMENT}, 'idn_' || {{padded}}, {_STATION}, {{phone}}, 'typed', 'code-' || n, {_STATE}, {_AT}, "
        f"{_AT}, 5000, case when n < {OPEN // 2} then n end, 0, "
        f"case when n >= {OPEN} and n % 3 <> 0 then {_MEMBER} end, 'request-' || n",
    ),
    _rows("follower", "club, enrolment, station, begun_at", f":club, {_ENROLMENT}, {_STATION}, {_AT}"),
    _rows(
        "event",
        "club, station, position, kind, body, added_at",
        f":club, {_STATION}, n / {STATIONS} + 1, 'enrolment', '{{{{}}}}', {_AT}",
    ),
    _rows("evidence", "club, enrolment, member, raw, kept_at", f":club, {_ENROLMENT}, {_MEMBER}, {{blob}}, {_AT}"),
    _rows(
        "linking",
        "club, id, member, outcome, decided_at, enrolment",
        f":club, 'lnk_' || {{padded}}, {_MEMBER}, 'joined', {_AT}, {_ENROLMENT}",
    ),
    _rows(
        "announcement",
        "club, member, sequence, id, news, phone, former_phone, body, happened_at, hearing, due_at, ended_at",
        f":club, {_MEMBER}, 1, 'ann_' || {{padded}}, 'joined', {{phone}}, {{phone}}, {{blob}}, {_AT}, "
        f"case n % 2 when 0 then 'waiting' else 'heard' end, {_AT}, case n % 2 when 1 then {_AT} end",
    ),
    _rows(
        "notice",
        "club, endpoint, sequence, id, kind, body, happened_at, state, give_up_at",
        f":club, 'ept_1', n + 1, 'ntc_' || {{padded}}, 'member.created', '{{{{}}}}', {_AT}, "
        f"case n % 2 when 0 then 'waiting' else 'delivered' end, {_AT}",
    ),
    _rows(
        "erasure",
        "club, member, reason, erased_at, sub_digest, swept_at",
        f":club, 'gone_' || {{padded}}, 'asked_by_member', {_AT}, 'sub-' || n, case n % 2 when 0 then 1 end",
    ),
    _rows("erased_number", "club, member, digest", ":club, 'gone_' || {padded}, 'digest-' || n"),
    _rows(
        "right_exercised",
        "club, member, what, exercised_by, exercised_at",
        f":club, {_MEMBER}, 'exported', 'key', {_AT}",
    ),
    _rows("past_membership", "club, member, joined_at, left_at", f":club, {_MEMBER}, 1, 2"),
    _rows(
        "merge",
        "club, id, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at",
        f":club, 'mrg_' || {{padded}}, {_MEMBER}, {_MEMBER}, '', 1, 1, {_AT}, '', {_AT}",
    ),
    _rows("distinct_members", "club, one, other, said_by, said_at", f":club, {_MEMBER}, {_MEMBER}, '', {_AT}"),
    _rows("extra", "club, member, name, answer, answered_at", f":club, {_MEMBER}, 'size', 'M', {_AT}"),
    _rows("withdrawal", "club, member, heard_at", f":club, {_MEMBER}, {_AT}"),
    _rows(
        "landing",
        "club, digest, step, arrived_at, free_at, tries, code, enrolment",
        f":club, 'digest-' || n, case n % 2 when 0 then 'passed_on' else 'arrived' end, {_AT}, {_AT}, 0, "
        f"case n % 2 when 1 then {{blob}} end, case n % 2 when 0 then {_ENROLMENT} end",
    ),
    _rows(
        "page_session",
        "digest, club, landing, valid_until",
        f"'session-' || n, :club, 'digest-' || (n / 2 * 2 + 1), {_AT}",
    ),
    _rows("miss", "club, station, digest, missed_at", f":club, {_STATION}, 'digest-' || n, {_AT}"),
    _rows("ping", "club, request_digest, pinged_at", f":club, 'digest-' || n, {_AT}"),
    _rows(
        "check_in",
        "club, id, station, digest, token, named_at, scanned_at, valid_until, due_at, identification",
        f":club, 'chk_' || {{padded}}, {_STATION}, 'digest-' || n, {{blob}}, '', {_AT}, {_AT}, {_AT}, "
        "'idn_' || {padded}",
    ),
    _rows(
        "repeatable",
        "scope_digest, club, body, http_status, resource, kept_at",
        f"'scope-' || n, :club, '', 200, '', {_AT}",
    ),
    _rows(
        "notification",
        "club, token_digest, enrolment, request_digest, made_at",
        f":club, 'digest-' || n, {_ENROLMENT}, 'request-' || n, {_AT}",
    ),
    _rows("app_presence", "club, phone_digest, found, asked_at", f":club, 'digest-' || n, 1, {_AT}"),
)
