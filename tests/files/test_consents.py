"""Consents in a file: with what proves them, or not at all."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from files.pages import NOW, line
from medlem.club.consent import Act, Actor, Method, Purpose, remark_digest, sha256
from medlem.club.ids import ClubId, ConsentId, EnrolmentId, MemberId
from medlem.club.line import Carried, Line
from medlem.club.member import Consent
from medlem.files import records_of_consents

WORDS = "May we write to you?\nYou can say no at any time."
HEADER = "phone;consent.email;consent.email.text;consent.email.at;consent.email.method\n"
RAW = b'[{"id": "email", "accepted": true}]'


def answers(record: str, **said: Any) -> tuple[list[Consent], list[tuple[str | None, str]]]:
    """What a line brings, and what of it is left out."""
    found = line(HEADER + record, **said)
    assert found.phone is not None, "the member is taken in any case"
    return [one.record for one in found.consents], [(flaw.column, flaw.why) for flaw in found.left_out]


def test_a_yes_with_its_evidence() -> None:
    [kept], left_out = answers(f'41234567;ja;"{WORDS}";1.5.2019;paper\n')
    assert left_out == []
    assert (kept.element, kept.granted, kept.text) == ("email", True, WORDS)
    assert (kept.purpose, kept.channel) == (Purpose.MARKETING, "email")
    assert kept.given_at == datetime(2019, 5, 1, tzinfo=UTC)
    assert (kept.method, kept.actor, kept.act) == (Method.PAPER, Actor.CUSTOMER, None)
    assert (kept.id, kept.club, kept.member) == ("", "", "")


def test_a_no_needs_no_more_than_itself() -> None:
    [kept], left_out = answers("41234567;nei;;;\n")
    assert (kept.granted, kept.text, kept.given_at, kept.method, left_out) == (False, "", None, Method.IMPORT, [])


def test_no_answer_is_no_record() -> None:
    assert answers(f'41234567;;"{WORDS}";2019-05-01;paper\n') == ([], [])


@pytest.mark.parametrize(
    ("record", "column", "why"),
    [
        ("yes;;2019-05-01;paper", "consent.email", "consent_words"),
        ("yes;Words;;paper", "consent.email", "consent_moment"),
        ("yes;Words;2019-05-01;", "consent.email", "consent_method"),
        ("yes;Words;2019-05-01;vipps_ciba", "consent.email.method", "choice"),
        ("yes;Words;2019-05-01;import", "consent.email.method", "choice"),
        ("yes;Words;5/1/2019;paper", "consent.email.at", "date_ambiguous"),
        ("yes;Words;2031-05-01;paper", "consent.email.at", "time"),
        ("perhaps;Words;2019-05-01;paper", "consent.email", "consent_answer"),
        (f"yes;{'x' * 10_001};2019-05-01;paper", "consent.email.text", "consent_text"),
    ],
)
def test_a_yes_without_its_evidence_is_left_out_and_told(record: str, column: str, why: str) -> None:
    assert answers(f"41234567;{record}\n") == ([], [(column, why)])


def test_words_and_method_may_be_said_once_for_all() -> None:
    said: dict[str, Any] = {"words": {"email": WORDS}, "methods": {"email": Method.WEB_FORM}}
    [kept], _ = answers("41234567;yes;;2019-05-01;\n", **said)
    assert (kept.text, kept.method) == (WORDS, Method.WEB_FORM)
    [kept], _ = answers("41234567;yes;Others;2019-05-01;staff\n", **said)
    assert (kept.text, kept.method, kept.actor) == ("Others", Method.STAFF, Actor.STAFF)


def test_questions_of_the_merchants_own_and_what_stands_beside_an_answer() -> None:
    found = line(
        "phone,consent.My.box,consent.My.box.reference,consent.My.box.language,consent.sms\n41234567,no,Box 7,nb,no\n"
    )
    assert [(one.record.element, one.record.purpose) for one in found.consents] == [
        ("My.box", Purpose.OTHER), ("sms", Purpose.MARKETING),
    ]  # fmt: skip
    assert (found.consents[0].record.reference, found.consents[0].record.language) == ("Box 7", "nb")


def record(**changed: Any) -> Carried:
    """A record as the register keeps it."""
    digest = hashlib.sha256(RAW).hexdigest()
    given: dict[str, Any] = {
        "id": ConsentId("con_01"), "club": ClubId(""), "member": MemberId(""), "element": "email", "text": WORDS,
        "granted": True, "given_at": NOW, "seen_at": NOW.replace(microsecond=123000), "language": "nb",
        "enrolment": EnrolmentId("enr_01"), "act": Act.GIVEN, "purpose": Purpose.MARKETING, "channel": "email",
        "method": Method.VIPPS_CIBA, "actor": Actor.CUSTOMER, "code": "4MX-CQ3", "text_version": 2,
        "text_hash": sha256(WORDS), "evidence_digest": digest,
    } | changed  # fmt: skip
    salt = "5a" if given.get("reason") or given.get("reference") else None
    return Carried(record=Consent(**given), salt=salt, raw=RAW if given["evidence_digest"] == digest else None)


RECORDS = (
    record(),
    record(id=ConsentId("con_02"), element="sms", granted=False, act=Act.REFUSED),
    record(
        id=ConsentId("con_03"), evidence_digest=None, reason="asked by phone", reference="Box 7", method=Method.STAFF
    ),
)


def own(cell: str) -> Line:
    """A line with such a cell in the column of an export."""
    quoted = cell.replace('"', '""')
    return line(f'id,consents\nmem_01,"{quoted}"\n')


def test_records_of_ours_come_back_as_they_were() -> None:
    cell = records_of_consents.written(RECORDS)
    assert own(cell).consents == RECORDS
    assert own(cell).left_out == ()
    assert cell.count(base64.b64encode(RAW).decode()) == 1, "evidence of one login is written once"


@pytest.mark.parametrize(
    ("place", "changed", "why"),
    [
        (0, {"evidence": None}, "consent_evidence"),
        (0, {"evidence": base64.b64encode(b"[]").decode()}, "consent_evidence"),
        (0, {"wording": "May we call you?"}, "consent_record"),
        (0, {"format": 9}, "consent_record"),
        (0, {"act": "sold"}, "consent_record"),
        (0, {"seen_at": "2026-03-01T12:00:00"}, "consent_record"),
        (0, {"member": "mem_02"}, "consent_record"),
        (2, {"reference": "Box 8"}, "consent_record"),
        (2, {"remark_digest": remark_digest("5b", "asked by phone", "Box 7")}, "consent_record"),
        (2, {"id": ""}, "consent_record"),
    ],
)
def test_a_record_that_does_not_hold_is_left_out_and_told(place: int, changed: dict[str, Any], why: str) -> None:
    rows = json.loads(records_of_consents.written((RECORDS[place],)))
    rows[0] |= changed
    found = own(json.dumps(rows))
    assert found.id == "mem_01"
    assert (found.consents, [flaw.why for flaw in found.left_out]) == ((), [why])
    assert "Box" not in found.left_out[0].detail


def test_the_others_of_a_list_are_taken() -> None:
    rows = json.loads(records_of_consents.written(RECORDS))
    rows[2]["wording"] = "Others"
    found = own(json.dumps(rows))
    assert (found.consents, [flaw.column for flaw in found.left_out]) == (RECORDS[:2], ["consents"])
    assert [flaw.why for flaw in own('{"not": "a list"}').left_out] == ["json"]
