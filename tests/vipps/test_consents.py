"""The customer's answers to the club's own questions, as evidence."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from medlem.club.member import ConsentAnswer
from medlem.vipps import consents

GIVEN = datetime(2026, 11, 23, 10, 0, 13, tzinfo=UTC)
DELEGATED: dict[str, Any] = {
    "language": "EN",
    "heading": "Give consent",
    " termsDescription": "By confirming you accept the terms.",
    "timeOfConsent": "2026-11-23T10:00:13Z",
    "consents": [
        {"id": "email", "accepted": True, "required": True, "textDisplayedToUser": "Receive offers via email"},
        {"id": "sms", "accepted": False, "required": False, "textDisplayedToUser": "Receive offers via SMS"},
    ],
}
FLOW: dict[str, Any] = {
    "language": "EN",
    "screens": [
        {
            "title": "Extra consent",
            "terms": {"links": [{"title": "Terms", "url": "https://example.com/terms"}]},
            "elements": [
                {"type": "text", "id": "intro", "title": "Hello"},
                {"type": "checkbox", "id": "cf_terms", "title": "Accept the terms", "checked": True},
            ],
        },
        {"title": "More", "elements": [{"type": "checkbox", "id": "cf_news", "title": "News", "checked": False}]},
    ],
}


def test_delegated_consents_are_read_with_words_and_time() -> None:
    assert consents.answers({"delegatedConsents": DELEGATED}) == (
        ConsentAnswer(element="email", text="Receive offers via email", granted=True, given_at=GIVEN, language="EN"),
        ConsentAnswer(element="sms", text="Receive offers via SMS", granted=False, given_at=GIVEN, language="EN"),
    )


def test_a_custom_flow_is_read_and_its_time_is_never_made_up() -> None:
    assert consents.answers({"flowResult": FLOW}) == (
        ConsentAnswer(element="cf_terms", text="Accept the terms", granted=True, given_at=None, language="EN"),
        ConsentAnswer(element="cf_news", text="News", granted=False, given_at=None, language="EN"),
    )
    timed = consents.answers({"flowResult": FLOW | {"timeOfConsent": "2026-11-23T10:00:13Z"}})
    assert [answer.given_at for answer in timed] == [GIVEN, GIVEN]


def test_silence_is_no_answer() -> None:
    silences: list[dict[str, Any]] = [
        {},
        {"delegatedConsents": None},
        {"delegatedConsents": {}},
        {"flowResult": {"screens": []}},
        {"flowResult": {"screens": [{"elements": None}]}},
    ]
    for said in silences:
        assert consents.answers(said) == ()


def test_stray_spaces_in_keys_do_not_matter() -> None:
    spaced = {" consents ": [{" id": "email ", "accepted ": True}], " timeOfConsent": "2026-11-23T10:00:13Z"}
    assert consents.answers({"delegatedConsents": spaced}) == (
        ConsentAnswer(element="email", text="", granted=True, given_at=GIVEN, language=None),
    )


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "email", "accepted": "true"},
        {"id": "email", "accepted": 1},
        {"id": "email", "accepted": None},
        {"id": "email"},
        {"accepted": True},
        {"id": 7, "accepted": True},
        {"id": " ", "accepted": True},
        "email",
        None,
    ],
)
def test_only_a_plain_yes_or_no_to_a_named_question_counts(entry: Any) -> None:
    assert consents.answers({"delegatedConsents": DELEGATED | {"consents": [entry]}}) == ()
    assert consents.answers({"delegatedConsents": DELEGATED | {"consents": entry}}) == ()


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-11-23T11:00:13+01:00", GIVEN),
        ("2026-11-23T11:00:13+0100", GIVEN),
        ("2026-11-23t10:00:13z", GIVEN),
        ("2026-11-23T10:00:13.1234567Z", GIVEN.replace(microsecond=123456)),
        ("2026-11-23T10:00:13.5Z", GIVEN.replace(microsecond=500000)),
        ("2026-11-23T10:00:13", None),
        ("2026-13-23T10:00:13Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1795428013, None),
        (None, None),
    ],
)
def test_when_it_was_given_is_the_platforms_word_or_nothing(said: Any, moment: datetime | None) -> None:
    answers = consents.answers({"delegatedConsents": DELEGATED | {"timeOfConsent": said}})
    assert [answer.given_at for answer in answers] == [moment, moment]


def test_the_objects_are_kept_whole() -> None:
    kept = consents.raw({"delegatedConsents": DELEGATED, "name": "Kari", "flowResult": FLOW})
    assert kept is not None
    assert json.loads(kept) == {"delegatedConsents": DELEGATED, "flowResult": FLOW}
    assert consents.raw({"name": "Kari", "flowResult": "nothing"}) is None
