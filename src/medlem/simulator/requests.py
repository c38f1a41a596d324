"""Login requests: one question on one phone, from the ask to the collected answer.

Both providers share this model, the platform and the plain one: OpenID CIBA Core 1.0, sections 7 to 11. What a reader
would get wrong is how an answer ends: a request is *final* once the customer answered or time ran out, *redeemed* once
the client collected it, and *told* once an answer that ends it was really sent. After that there is nothing to ask.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import msgspec

from medlem.simulator.journal import Journal, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from medlem.simulator.clock import Agenda, SimClock
    from medlem.simulator.people import Person

FORGOTTEN_AFTER = 3600.0
"""Seconds after its end at which nobody remembers a request any more."""
SLOWER = 5.0
"""Seconds that each `slow_down` adds to the interval, for good."""

CODE_LIFE = 120.0
"""Seconds for which a code for the merchant's page is good."""

Provider = Literal["platform", "standard"]


class LoginRequest(msgspec.Struct, kw_only=True):
    """What both sides know about one request; times are the clock's, in seconds."""

    auth_req_id: str
    provider: Provider
    client_id: str
    person: str
    msisdn: str
    scope: str
    binding_message: str
    asked_at: float
    expires_at: float
    interval: float
    state: Literal["pending", "approved", "declined", "expired", "ineligible"] = "pending"
    ineligible: Literal["invalid_user", "old_app"] | None = None
    decided_at: float = 0
    consents: dict[str, bool] | None = None
    """The boxes as they were left, when this login showed them."""
    pinged: bool = False
    redeemed: bool = False
    told: bool = False
    sid: str = ""
    redirect_uri: str = ""
    """The page on which the customer finishes; empty for the app."""
    code: str = ""
    code_expires_at: float = 0
    access_token: str = ""
    token_expires_at: float = 0

    @property
    def scopes(self) -> frozenset[str]:
        """What was granted."""
        return frozenset(self.scope.split())


class Requests:
    """Every request that is remembered."""

    def __init__(self, journal: Journal, clock: SimClock, agenda: Agenda) -> None:
        self._clock = clock
        self._agenda = agenda
        self._requests = Table(journal, "requests", LoginRequest)
        self._by_access_token: dict[str, LoginRequest] = {}
        self._by_code: dict[str, LoginRequest] = {}
        self._open: dict[str, dict[str, LoginRequest]] = {}
        self._last_call: dict[str, float] = {}
        self.on_final: Callable[[LoginRequest], None] = lambda _: None
        for request in self._requests:
            self._remember(request)

    def open(self, request: LoginRequest) -> LoginRequest:
        """Put the question on the phone. The first poll is due one interval from now."""
        self._requests.put(request.auth_req_id, request)
        self._last_call[request.auth_req_id] = self._clock.elapsed()
        self._remember(request)
        return request

    def find(self, auth_req_id: str) -> LoginRequest | None:
        """Find one by its name, whatever became of it."""
        return self._requests.get(auth_req_id)

    def by_code(self, code: str) -> LoginRequest | None:
        """Find one by the code that its phone brought to the merchant's page."""
        return self._by_code.get(code)

    def granting(self, access_token: str) -> LoginRequest | None:
        """Find the login that handed out this access token."""
        return self._by_access_token.get(access_token)

    def pending(self, person: Person) -> list[LoginRequest]:
        """List what stands on a phone, oldest first."""
        waiting = list(self._open.get(person.id, {}).values())
        for request in waiting:
            self.expire(request)
        return [request for request in waiting if request.state == "pending"]

    def ended(self, person: Person, most: int) -> list[LoginRequest]:
        """List what became of the latest ones that stood on a phone, newest first."""
        ends = {"approved", "declined", "expired"}
        past = [request for request in self._requests if request.person == person.id and request.state in ends]
        return sorted(past, key=lambda request: request.decided_at, reverse=True)[:most]

    def expire(self, request: LoginRequest) -> None:
        """Close it if its time is over."""
        if request.state == "pending" and self._clock.now() >= request.expires_at:
            self._close(request, "expired")

    def approve(self, request: LoginRequest, consents: dict[str, bool] | None) -> None:
        """Let the customer say yes."""
        request.consents = consents
        if request.redirect_uri:
            request.code, request.code_expires_at = secrets.token_urlsafe(32), self._clock.now() + CODE_LIFE
            self._by_code[request.code] = request
        self._close(request, "approved")

    def decline(self, request: LoginRequest) -> None:
        """Let the customer say no."""
        self._close(request, "declined")

    def called(self, request: LoginRequest, elapsed: float) -> bool:
        """Note a token call; True when it came too soon (Core sections 7.3 and 11).

        The gap runs from arrival to arrival: whoever waits one interval after an answer can never be too early.
        Once a ping went out the interval no longer applies (Core section 10.2).
        """
        last = self._last_call.get(request.auth_req_id)
        if last is None:  # Restarted since: all that is certain is when it was asked.
            last = elapsed - (self._clock.now() - request.asked_at)
        self._last_call[request.auth_req_id] = elapsed
        return elapsed - last < request.interval and not request.pinged

    def slow_down(self, request: LoginRequest) -> None:
        """Make the client wait longer, from now on."""
        request.interval += SLOWER
        self._save(request)

    def redeem(self, request: LoginRequest, lifetime: float) -> None:
        """Hand out the tokens of an approved login, once."""
        request.redeemed = True
        request.sid = str(uuid4())
        request.access_token = f"ciba.{secrets.token_urlsafe(32)}"
        request.token_expires_at = self._clock.now() + lifetime
        self._by_access_token[request.access_token] = request
        self._save(request)

    def tell(self, request: LoginRequest) -> None:
        """Note that the client has its final answer."""
        request.told = True
        self._save(request)

    def note_ping(self, auth_req_id: str) -> None:
        """Note that a ping about it left the house."""
        request = self.find(auth_req_id)
        if request is not None and not request.pinged:
            request.pinged = True
            self._save(request)

    def end_sharing(self, person: Person) -> None:
        """Make every access token of a person worthless."""
        for token, request in list(self._by_access_token.items()):
            if request.person == person.id:
                del self._by_access_token[token]
                request.access_token = ""
                self._save(request)

    def _close(self, request: LoginRequest, state: Literal["approved", "declined", "expired"]) -> None:
        request.state = state
        request.decided_at = self._clock.now()
        self._open.get(request.person, {}).pop(request.auth_req_id, None)
        self._save(request)
        self.on_final(request)

    def _save(self, request: LoginRequest) -> None:
        self._requests.put(request.auth_req_id, request)

    def _remember(self, request: LoginRequest) -> None:
        if request.state == "pending":
            self._open.setdefault(request.person, {})[request.auth_req_id] = request
            self._agenda.at(request.expires_at, partial(self.expire, request))
        if request.access_token:
            self._by_access_token[request.access_token] = request
        if request.code:
            self._by_code[request.code] = request
        self._agenda.at(request.expires_at + FORGOTTEN_AFTER, partial(self._forget, request))

    def _forget(self, request: LoginRequest) -> None:
        self._requests.remove(request.auth_req_id)
        self._by_access_token.pop(request.access_token, None)
        self._by_code.pop(request.code, None)
        self._last_call.pop(request.auth_req_id, None)
        if self._open.get(request.person) == {}:
            del self._open[request.person]
