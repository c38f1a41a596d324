"""What the customer answered to the club's own questions (Login API: marketing consents).

The platform has two ways of asking: `delegatedConsents`, and since 2026 the custom flow, whose answers are called
`flowResult`. Both send an answer once and then fall silent: a question that is missing means *no new answer*, never
*no*. Only a plain true or false is an answer, and only the platform's own time is when it was given.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from medlem.club.member import ConsentAnswer
from medlem.vipps.claims import EMPTY, Claims, text

SOURCES: Final = ("delegatedConsents", "flowResult")

# RFC 3339, with as many decimals as the platform likes; Python reads six.
_MOMENT = re.compile(r"\A(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)\Z")


def answers(claims: Claims) -> tuple[ConsentAnswer, ...]:
    """Every question that was answered now, in the platform's order."""
    delegated, flow = (_trimmed(claims.get(name)) for name in SOURCES)
    return (*_delegated(delegated), *_flow(flow))


def raw(claims: Claims) -> bytes | None:
    """What the platform sent as it came, as JSON, for the record; None when it sent nothing.

    What cannot be read is kept all the same: one day somebody may be able to.
    """
    sent = {name: claims[name] for name in SOURCES if claims.get(name) not in EMPTY}
    return msgspec.json.encode(sent) if sent else None


def _delegated(said: dict[str, Any]) -> Iterator[ConsentAnswer]:
    for entry in _objects(said.get("consents")):
        yield from _answer(entry, said, "accepted", "textDisplayedToUser")


def _flow(said: dict[str, Any]) -> Iterator[ConsentAnswer]:
    for screen in _objects(said.get("screens")):
        for element in _objects(screen.get("elements")):
            yield from _answer(element, said, "checked", "title")


def _answer(entry: dict[str, Any], whole: dict[str, Any], answer: str, words: str) -> Iterator[ConsentAnswer]:
    """An answer, if this is one: texts, links and whatever else a screen may hold are not."""
    element, granted = text(entry, "id"), entry.get(answer)
    if element is not None and isinstance(granted, bool):
        yield ConsentAnswer(
            element=element,
            text=text(entry, words) or "",
            granted=granted,
            given_at=_moment(text(whole, "timeOfConsent")),
            language=text(whole, "language"),
        )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [_trimmed(one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _trimmed(value: Any) -> dict[str, Any]:
    """An object without the stray spaces that the platform's own samples have in their keys.

    Where a key stands twice then, the one that was spelt right counts.
    """
    if not isinstance(value, dict):
        return {}
    return {name.strip(): inner for name, inner in value.items()} | {
        name: inner for name, inner in value.items() if name == name.strip()
    }


def _moment(said: str | None) -> datetime | None:
    found = _MOMENT.match(said or "")
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone.upper().replace('Z', '+00:00')}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
