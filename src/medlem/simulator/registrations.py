"""Who wants to hear of which event, and the secret that it is signed with."""

import base64
import secrets
from typing import Final
from uuid import uuid4

import msgspec

from medlem.simulator.journal import Journal, Table

PING: Final = "login.merchant-initiated.ping.v1"
CHECK_IN: Final = "user.checked-in.v1"
PAYMENTS: Final = ("created", "aborted", "expired", "cancelled", "captured", "refunded", "authorized", "terminated")
EVENTS: Final = frozenset(
    {PING, CHECK_IN, "benefits.membership.seeding.v1", *(f"epayments.payment.{what}.v1" for what in PAYMENTS)}
)
_SECRET = 64
"""Bytes of a secret, before they are written as text."""


class Registration(msgspec.Struct, kw_only=True):
    """One address that hears of some events."""

    id: str
    secret: str
    url: str
    events: list[str]
    failing_since: float | None = None
    """Since when every delivery failed, by the clock."""


class Registrations:
    """All of this sales unit."""

    def __init__(self, journal: Journal) -> None:
        self._registrations = Table(journal, "registrations", Registration)

    def add(self, url: str, events: list[str]) -> Registration:
        """Register an address; the secret is made here."""
        secret = base64.b64encode(secrets.token_bytes(_SECRET)).decode()
        registration = Registration(id=str(uuid4()), secret=secret, url=url, events=events)
        return self._registrations.put(registration.id, registration)

    def find(self, registration: str) -> Registration | None:
        """Find one by id."""
        return self._registrations.get(registration)

    def remove(self, registration: str) -> None:
        """Forget one."""
        self._registrations.remove(registration)

    def keep(self, registration: Registration) -> None:
        """Remember what changed about one."""
        self._registrations.put(registration.id, registration)

    def everyone(self) -> list[Registration]:
        """List them, oldest first."""
        return list(self._registrations)

    def for_event(self, event: str) -> list[Registration]:
        """List those that want to hear of an event."""
        return [registration for registration in self._registrations if event in registration.events]
