"""The customer's answers to the club's own questions, as evidence."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlem.club.member import ConsentAnswer
from medlem.vipps import consents
from medlem.vipps.reply import read_object

PUBLISHED: Final = """{
 "delegatedConsents": {
  "language": "EN",
  "heading": "Give consent"
  "text": "The shop wants to send you offers",
  " termsDescription": "By confirming you accept the terms.",
  "confirmConsentButtonText": "Confirm",
  "timeOfConsent": "2022-11-23T11:40:13Z",
  "consents": [
   {"id": "email", "accepted": true, "required": true, "textDisplayedToUser": "Receive offers via email"},
   {"id": "sms", "accepted": false, "required": false, "textDisplayedToUser": "Receive offers via SMS"}
  ]
 }
}"""
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
    assert consents.raw({"name": "Kari"}) is None
    assert consents.raw({"flowResult": {}, "delegatedConsents": None}) is None


def test_what_cannot_be_read_is_kept_for_whoever_can() -> None:
    kept = consents.raw({"flowResult": ["a shape of tomorrow"]})
    assert kept == b'{"flowResult":["a shape of tomorrow"]}'
    assert consents.answers({"flowResult": ["a shape of tomorrow"]}) == ()


def test_the_published_sample_is_read_once_its_missing_comma_is_there() -> None:
    """The sample of the older form as published: one comma missing, and a stray space before one key."""
    assert read_object(PUBLISHED.encode()) is None, "as published it is no JSON, so it is no answer at all"
    said = read_object(PUBLISHED.replace('"Give consent"\n', '"Give consent",\n').encode())
    assert said is not None
    assert [(one.element, one.granted, one.given_at) for one in consents.answers(said)] == [
        ("email", True, datetime(2022, 11, 23, 11, 40, 13, tzinfo=UTC)),
        ("sms", False, datetime(2022, 11, 23, 11, 40, 13, tzinfo=UTC)),
    ]


def test_the_order_is_the_platforms() -> None:
    ids = ["zulu", "alpha", "mike"]
    entries = [{"id": name, "accepted": True} for name in ids]
    assert [one.element for one in consents.answers({"delegatedConsents": {"consents": entries}})] == ids
    screens = [{"elements": [{"id": name, "checked": False}]} for name in ids]
    assert [one.element for one in consents.answers({"flowResult": {"screens": screens}})] == ids


def test_an_element_of_an_unknown_type_counts_if_it_is_a_plain_answer() -> None:
    elements = [
        {"type": "switch_of_2028", "id": "news", "title": "News", "checked": True, "readMore": {"text": "…"}},
        {"type": "slider", "id": "how_often", "value": 3},
    ]
    answers = consents.answers({"flowResult": {"screens": [{"elements": elements}]}})
    assert [(one.element, one.granted) for one in answers] == [("news", True)]


def test_a_key_that_is_spelt_right_counts_more_than_one_with_a_stray_space() -> None:
    for entry in (
        {"id": "email", "accepted": False, " accepted": True},
        {"id": "email", " accepted": True, "accepted": False},
    ):
        answers = consents.answers({"delegatedConsents": {"consents": [entry]}})
        assert [one.granted for one in answers] == [False]


KEYS = st.sampled_from(
    ["consents", " consents", "screens", "elements", "id", "accepted", "checked", "title", "timeOfConsent", "language"]
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=8), inner, max_size=4),
    max_leaves=24,
)


@given(st.dictionaries(st.sampled_from(consents.SOURCES), ANYTHING))
def test_nothing_that_comes_raises_or_becomes_an_answer_that_was_not_given(said: dict[str, Any]) -> None:
    """Every answer is a plain true or false beside a name, somewhere in what came."""
    there = {(name, value) for name, value in _named_answers(said)}
    for answer in consents.answers(said):
        assert (answer.element, answer.granted) in there
        assert answer.given_at is None or answer.given_at.tzinfo is UTC
    kept = consents.raw(said)
    assert kept is None or isinstance(json.loads(kept), dict)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_json_are_no_answer(body: bytes) -> None:
    assert consents.answers(read_object(body) or {}) == ()


def _named_answers(value: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(value, list):
        for one in value:
            yield from _named_answers(one)
    if isinstance(value, dict):
        for inner in value.values():
            yield from _named_answers(inner)
        names = {
            inner.replace("\0", "").strip()
            for key, inner in value.items()
            if key.strip() == "id" and isinstance(inner, str)
        }
        for key, inner in value.items():
            if key.strip() in {"accepted", "checked"} and isinstance(inner, bool):
                yield from ((name, inner) for name in names)
