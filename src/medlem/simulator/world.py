"""Everything the pretend platform is and remembers, in one place for its endpoints to read.

Here the parts meet that do not know each other: an answered request becomes a ping, a push becomes an answer.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import msgspec

from medlem.simulator.bell import Bell
from medlem.simulator.clock import Agenda, SimClock, with_digits
from medlem.simulator.consents import ConsentScreen
from medlem.simulator.deliveries import Deliveries
from medlem.simulator.faults import Faults
from medlem.simulator.journal import Journal, Table
from medlem.simulator.keys import SigningKeys
from medlem.simulator.ledger import Ledger
from medlem.simulator.merchant_tokens import MerchantTokens
from medlem.simulator.people import People
from medlem.simulator.rates import PerMinute
from medlem.simulator.registrations import CHECK_IN, PING, Registrations
from medlem.simulator.requests import Requests
from medlem.simulator.revocation import Revocations
from medlem.simulator.seal import CUSTOMER_TOKEN, Seal
from medlem.simulator.stickers import Scan, Stickers
from medlem.simulator.switches import Switches
from medlem.simulator.unit import partner, sales_unit

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
        self.partner = partner(self._journal)
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
        self.stickers = Stickers(self._journal, self.unit.platform_secret)
        self.deliveries = Deliveries(self, session, self._journal)
        self.deliveries.on_attempt = self._told
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

    def check_in(self, person: Person, code: str) -> tuple[Scan, str]:
        """Let somebody scan a code by its name; the scan as it stands, and the customer token, if there is one."""
        found, now = self.stickers.find(code), self.clock.now()
        heard = self.registrations.for_event(CHECK_IN)
        state: Literal["connecting", "no_connection", "not_found"] = "connecting" if heard else "no_connection"
        scan = Scan(
            id=str(uuid4()),
            person=person.id,
            code=code,
            location=found.location if found else "",
            at=now,
            state=state if found else "not_found",
        )
        self.stickers.keep(scan)
        if scan.state != "connecting":
            return scan, ""
        token = self.seal.close(CUSTOMER_TOKEN, person.id, now)
        body = msgspec.json.encode(
            {
                "customerToken": token,
                "merchantQrId": code,
                self.switches.check_in_sales_unit_field: self.unit.msn,
                "initiatedAt": with_digits(now, self.switches.check_in_digits),
            }
        ).decode()
        for registration in heard:
            self.deliveries.send(registration, body, about=scan.id)
        return scan, token

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
        if request.redirect_uri:
            return  # the customer brings the answer
        if request.provider == "platform" and (request.state == "approved" or self.switches.ping_on_refusal):
            body = msgspec.json.encode({"auth_req_id": request.auth_req_id}).decode()
            for registration in self.registrations.for_event(PING):
                self.deliveries.send(registration, body, about=request.auth_req_id)

    def _told(self, about: str, /, *, taken: bool) -> None:
        """Show on the phone what came of the first attempt to tell of a scan."""
        scan = self.stickers.scan(about)
        if scan is not None and scan.state != "checked_in":
            scan.state = "checked_in" if taken else "no_connection"
            self.stickers.keep(scan)
