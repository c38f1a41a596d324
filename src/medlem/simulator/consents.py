"""What the app asks beside the profile: the club's consents, and how they come back.

The screen is shown once per person, until the sales unit saves a new set-up. So a later login brings no consents at
all, and their absence says nothing. Two forms exist: `delegatedConsents` (the older) and `customFlow`, whose answer
is called `flowResult`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medlem.simulator.clock import rfc3339
from medlem.simulator.journal import Journal, Table

if TYPE_CHECKING:
    from medlem.simulator.people import Person
    from medlem.simulator.requests import LoginRequest
    from medlem.simulator.switches import Checkbox, Switches

CONSENT_SCOPES = frozenset({"delegatedConsents", "customFlow"})

TERMS = "https://example.com/terms"
PRIVACY = "https://example.com/privacy"


class ImpossibleTicks(Exception):
    """The phone's screen cannot be left like this."""


class ConsentScreen:
    """Knows who has seen which set-up of the screen."""

    def __init__(self, journal: Journal) -> None:
        self._answered = Table(journal, "consents", dict[str, bool])

    def shown(self, request: LoginRequest, switches: Switches) -> tuple[Checkbox, ...]:
        """List the boxes that this login shows; none when the person has answered before."""
        if not request.scopes & CONSENT_SCOPES or self._answered.get(_key(request, switches)) is not None:
            return ()
        return switches.consents

    def answer(self, request: LoginRequest, switches: Switches, ticks: dict[str, bool]) -> dict[str, bool] | None:
        """Leave the screen with these boxes ticked; None when it was not shown.

        A box that is not mentioned stays as it was: ticked if it is required, else not.
        """
        known = {box.id: box for box in switches.consents}
        if unknown := sorted(ticks.keys() - known.keys()):
            raise ImpossibleTicks(f"no consent is called {', '.join(unknown)}; there are {', '.join(known)}")
        boxes = self.shown(request, switches)
        left = {box.id: ticks.get(box.id, box.required) for box in boxes}
        if missing := [box.id for box in boxes if box.required and not left[box.id]]:
            raise ImpossibleTicks(f"{', '.join(missing)} must be ticked to go on; decline instead")
        if not boxes:
            return self._answered.get(_key(request, switches)) if switches.repeat_consents else None
        return self._answered.put(_key(request, switches), left)

    def forget(self, person: Person) -> None:
        """Show the screen again at the next login, whatever its version."""
        for key in self._answered.keys_from(person.id):
            self._answered.remove(key)


def delegated_consents(request: LoginRequest, switches: Switches) -> dict[str, Any]:
    """Write the older form."""
    answers = request.consents or {}
    published = switches.delegated_consents_as_published
    return {
        "language": "EN",
        "heading": "Give consent",
        **({} if published else {"text": "The club would like to send you offers."}),
        f"{' ' if published else ''}termsDescription": "By confirming you accept the terms.",
        "confirmConsentButtonText": "Confirm",
        "links": {
            "termsLinkText": "Terms",
            "termsLinkUrl": TERMS,
            "privacyStatementLinkText": "Privacy statement",
            "privacyStatementLinkUrl": PRIVACY,
        },
        "timeOfConsent": rfc3339(request.decided_at),
        "consents": [
            {
                "id": box.id,
                "accepted": answers.get(box.id, False),
                "required": box.required,
                "textDisplayedToUser": box.title,
            }
            for box in switches.consents
        ],
    }


def flow_result(request: LoginRequest, switches: Switches) -> dict[str, Any]:
    """Write the form of January 2026."""
    answers = request.consents or {}
    result: dict[str, Any] = {
        "language": "EN",
        "screens": [
            {
                "title": "Join the club",
                "description": "Choose what you would like to receive",
                "terms": {"links": [{"title": "Terms", "url": TERMS}]},
                "elements": [
                    {"type": "checkbox", "id": box.id, "title": box.title, "checked": answers.get(box.id, False)}
                    for box in switches.consents
                ],
            }
        ],
    }
    if switches.novelties:
        result["screens"][0]["elements"].append({"type": "slider", "id": "cf_how_often", "position": 3})
    if switches.time_in_flow_result:
        result["timeOfConsent"] = rfc3339(request.decided_at)
    return result


def _key(request: LoginRequest, switches: Switches) -> str:
    return f"{request.person} {switches.consents_version}"
