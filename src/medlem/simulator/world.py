"""Everything the pretend platform is and remembers, in one place for its endpoints to read.

Here the parts meet that do not know each other: an answered request becomes a ping, a push becomes an answer.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from medlem.simulator.bell import Bell
from medlem.simulator.clock import Agenda, SimClock
from medlem.simulator.consents import ConsentScreen
from medlem.simulator.deliveries import Deliveries
from medlem.simulator.faults import Faults
from medlem.simulator.journal import Journal, Table
from medlem.simulator.keys import SigningKeys
from medlem.simulator.ledger import Ledger
from medlem.simulator.merchant_tokens import MerchantTokens
from medlem.simulator.people import People
from medlem.simulator.rates import PerMinute
from medlem.simulator.registrations import PING, Registrations
from medlem.simulator.requests import Requests
from medlem.simulator.revocation import Revocations
from medlem.simulator.seal import Seal
from medlem.simulator.switches import Switches
from medlem.simulator.unit import sales_unit

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import ClientSession

    from medlem.simulator.people import Person
    from medlem.simulator.requests import LoginRequest


class World:
    """One simulator; it keeps what it knows in a directory, or nowhere."""

    def __init__(self, directory: Path | None, clock: SimClock, session: ClientSession) -> None:
        self.bell = Bell()
        self._journal = Journal(directory)
        self._journal.on_change = self.bell.ring
        self._turned = Table(self._journal, "clock", float)
        clock.advance(self._turned.get("advanced") or 0)
        self._switches = Table(self._journal, "switches", Switches)
        self.clock = clock
        self.agenda = Agenda(clock)
        self.unit = sales_unit(self._journal)
        self.seal = Seal(self.unit.platform_secret)
        self.merchant_tokens = MerchantTokens(self.unit.platform_secret)
        self.keys = SigningKeys(self._journal)
        self.people = People(self._journal)
        self.consent_screen = ConsentScreen(self._journal)
        self.requests = Requests(self._journal, clock, self.agenda)
        self.registrations = Registrations(self._journal)
        self.faults = Faults()
        self.ledger = Ledger()
        self.ledger.on_change = self.bell.ring
        self.user_exists_calls = PerMinute()
        self.deliveries = Deliveries(self, session, self._journal)
        self.revocations = Revocations(self, session)
        self.requests.on_final = self._ping

    @property
    def switches(self) -> Switches:
        """How the open questions are answered now."""
        return self._switches.get("now") or self._switches.put("now", Switches())

    def switch(self, switches: Switches) -> None:
        """Answer them differently."""
        self._switches.put("now", switches)

    def turn_clock(self, seconds: float) -> None:
        """Turn the clock forward; whatever became due is done when this returns."""
        self.clock.advance(seconds)
        self._turned.put("advanced", self.clock.advanced)
        self.agenda.run_due()

    def resume(self) -> None:
        """Take up what a simulator before us left: answers that were promised, pings that did not arrive."""
        for person in self.people.everyone():
            for request in self.requests.pending(person):
                self.expect_answer(person, request)
        self.deliveries.resume()

    def ask(self, person: Person, request: LoginRequest) -> LoginRequest:
        """Put a question on a phone, with a push if the customer has that switched on."""
        self.requests.open(request)
        if request.state == "pending":
            if person.traits.push:
                self.ledger.push(request.msisdn)
            self.expect_answer(person, request)
        return request

    def expect_answer(self, person: Person, request: LoginRequest) -> None:
        """Let the customer answer alone, if that is her way."""
        if person.traits.answers in {"approve", "decline"}:
            moment = request.asked_at + person.traits.after
            self.agenda.at(moment, partial(self._answer_alone, request, person.traits.answers))

    def approve(self, request: LoginRequest, ticks: dict[str, bool]) -> None:
        """Say yes on the phone; raises ImpossibleTicks when the screen cannot be left like that."""
        consents = self.consent_screen.answer(request, self.switches, ticks)
        self.requests.approve(request, consents)

    def revoke(self, person: Person) -> None:
        """Withdraw the sharing of data: tokens die, consents are asked anew, and the merchant is told."""
        self.requests.end_sharing(person)
        self.consent_screen.forget(person)
        self.revocations.tell(person.subject(self.unit.msn))

    async def close(self) -> None:
        """Stop delivering, and let the directory go."""
        await self.deliveries.close()
        self._journal.close()

    def _answer_alone(self, request: LoginRequest, answer: str) -> None:
        self.requests.expire(request)
        if request.state == "pending" and answer == "approve":
            self.approve(request, {})
        elif request.state == "pending":
            self.requests.decline(request)

    def _ping(self, request: LoginRequest) -> None:
        if request.provider == "platform" and (request.state == "approved" or self.switches.ping_on_refusal):
            body = msgspec.json.encode({"auth_req_id": request.auth_req_id}).decode()
            for registration in self.registrations.for_event(PING):
                self.deliveries.send(registration, body, about=request.auth_req_id)
