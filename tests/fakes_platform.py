"""A platform in memory that does as it is told: people with phones, and trouble on demand.

It keeps the promises of `flows.ports.Platform` that the real client keeps (`contract/test_platform.py` holds both
to them), on a clock that a test turns. Every call lets others run first, as a call over a network does.
"""

import asyncio
import hashlib
import secrets
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from fakes_stickers import PretendStickers
from medlem.club.codes import ConfirmationCode
from medlem.club.enrolment import Finish, Reason
from medlem.club.errors import PlatformRefusedKeys, PlatformUnavailable, UnreadableCode
from medlem.club.identification import Evidence
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.member import ConsentAnswer, Disclosure, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import (
    Answer,
    Answered,
    Ask,
    Asked,
    Declined,
    Expired,
    Failed,
    Lost,
    NotAsked,
    Pending,
    Question,
    Redeemed,
    Revealed,
    Told,
    Unreachable,
    Worthless,
)

FULL_AGE = 15
TOKEN_LIFE = timedelta(seconds=300)
CODE_LIFE = timedelta(seconds=120)


class App(StrEnum):
    """Which app is on the phone."""

    CURRENT = "current"
    OLD = "old"
    NONE = "none"


class AskTrouble(StrEnum):
    """What goes wrong with an ask."""

    LOST = "lost"
    """The question reaches the phone, the answer does not reach us."""
    UNSENT = "unsent"
    """Nothing leaves the house."""
    KEYS_REFUSED = "keys_refused"
    BUSY = "busy"
    SURPRISE = "surprise"
    """An answer that nobody can read."""


_BEFORE_THE_PUSH: dict[AskTrouble | None, Reason] = {
    AskTrouble.UNSENT: Reason.PLATFORM_UNAVAILABLE,
    AskTrouble.KEYS_REFUSED: Reason.PLATFORM_UNAVAILABLE,
    AskTrouble.BUSY: Reason.CUSTOMER_BUSY,
}


class RedeemTrouble(StrEnum):
    """What goes wrong with a redemption."""

    LOST = "lost"
    """The code is used up, the answer does not reach us."""
    UNSENT = "unsent"
    """The code is what it was."""
    NAMELESS = "nameless"
    """The answer says nothing of the question."""


class DisclosureTrouble(StrEnum):
    """What goes wrong with a disclosure."""

    UNTRUSTED = "untrusted"
    UNREACHABLE = "unreachable"


@dataclass(slots=True)
class Person:
    """Somebody with a phone; a test may change any of it."""

    msisdn: str
    sub: str
    profile: Profile
    app: App = App.CURRENT
    age: int = 30
    phone_claim: PhoneNumber | None = None
    """The number that the platform vouches for; None as with a provider that names none."""
    consents: tuple[ConsentAnswer, ...] = ()


@dataclass(slots=True)
class Push:
    """One question on one phone."""

    request: str
    club: ClubId
    person: Person
    code: ConfirmationCode
    expires_at: datetime
    interval: timedelta
    finish: Finish
    polled_at: datetime
    """When it was last looked at; at first, when it was asked."""
    answer: bool | None = None
    redeemed: bool = False
    page_code: str | None = None
    """What the phone brings to the merchant's page after a yes."""
    code_until: datetime | None = None


@dataclass(slots=True)
class _Drawn:
    person: Person
    kind: Evidence
    drawn_at: datetime


@dataclass(slots=True)
class ObedientPlatform(PretendStickers):
    """`flows.ports.Platform` in memory.

    Trouble: `ask_troubles`, `redeem_troubles` and `disclosure_troubles` are used up one a call, `unreachable_collects`
    counts down, `down` and `keys_refused` last until they are taken back. `gate` holds every ask, after it took effect,
    until set.
    """

    life: timedelta = timedelta(seconds=180)
    interval: timedelta = timedelta(seconds=5)
    finishes: Finish = Finish.IN_APP
    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    """The notification token of each request that came with one."""
    questions: dict[str, Push] = field(default_factory=dict)
    pushes: Counter[str] = field(default_factory=Counter)
    early_polls: int = 0
    late_polls: int = 0
    """Looks at a question whose final answer was handed out before."""
    polls: Counter[str] = field(default_factory=Counter)
    ask_troubles: deque[AskTrouble] = field(default_factory=deque)
    redeem_troubles: deque[RedeemTrouble] = field(default_factory=deque)
    redeemed: Counter[str] = field(default_factory=Counter)
    """How often each code was sent."""
    disclosure_troubles: deque[DisclosureTrouble] = field(default_factory=deque)
    unreachable_collects: int = 0
    retry_after: timedelta | None = None
    """What an unreachable platform says of its return."""
    keys_refused: bool = False
    knows_who_exists: bool = True
    existence_asked: int = 0
    calls_back: bool = False
    """Whether it is a standard provider that pings."""
    gate: asyncio.Event | None = None
    asked_by_token: int = 0
    """Questions that named the customer by the token of a scan."""
    _drawn: dict[str, _Drawn] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    # -- the world

    def person(self, msisdn: str, name: str = "Kari Nordmann", *, app: App = App.CURRENT, age: int = 30) -> Person:
        """Make somebody, or somebody else with the same number: a new `sub` every time."""
        given, _, family = name.rpartition(" ")
        made = Person(
            msisdn=msisdn,
            sub=str(uuid4()),
            profile=Profile(name=name, given_name=given or family, family_name=family if given else None),
            app=app,
            age=age,
            phone_claim=PhoneNumber(msisdn),
        )
        self.people[msisdn] = made
        return made

    def qr(self, msisdn: str, kind: str = "clear") -> PersonalQr:
        """Draw a personal QR code: `clear` or `token`."""
        if kind == "clear":
            content, evidence = f"https://qr.vipps.no/28/2/01/031/{msisdn}?v=1", Evidence.PERSONAL_QR_CLEAR
        else:
            content, evidence = f"https://qr.vipps.no/p/{secrets.token_urlsafe(12)}", Evidence.PERSONAL_QR_TOKEN
        self._drawn[content] = _Drawn(self.people[msisdn], evidence, self.clock.now())
        return PersonalQr(content)

    def approve(self, msisdn: str) -> str | None:
        """Say yes to the newest open question; the code that the phone brings to the page, if it opens one."""
        question = self._newest(msisdn)
        question.answer = True
        if question.finish is Finish.ON_PAGE:
            question.page_code = secrets.token_urlsafe(20)
            question.code_until = self.clock.now() + CODE_LIFE
        return question.page_code

    def decline(self, msisdn: str) -> None:
        """Say no to the newest open question."""
        self._newest(msisdn).answer = False

    def open_questions(self, msisdn: str) -> list[Push]:
        """What the phone shows, oldest first."""
        now = self.clock.now()
        return [
            question
            for question in self.questions.values()
            if question.person.msisdn == msisdn and question.answer is None and now < question.expires_at
        ]

    def _newest(self, msisdn: str) -> Push:
        shown = self.open_questions(msisdn)
        assert shown, "nobody is asking this person anything"
        return shown[-1]

    # -- the port

    async def reveal(self, club: ClubId, code: PersonalQr) -> Revealed:
        del club
        await asyncio.sleep(0)
        if self.down:
            raise PlatformUnavailable("Try once more, or type the number.")
        if self.keys_refused:
            raise PlatformRefusedKeys("Check the sales unit's keys.")
        drawn = self._drawn.get(code.reveal())
        if drawn is None or (
            drawn.kind is Evidence.PERSONAL_QR_TOKEN and self.clock.now() >= drawn.drawn_at + TOKEN_LIFE
        ):
            raise UnreadableCode("Ask the customer to show a new code.")
        return Revealed(PhoneNumber(drawn.person.msisdn), drawn.kind)

    async def ask(self, question: Question) -> Ask:
        await asyncio.sleep(0)
        trouble = self._ask_trouble()
        if trouble in _BEFORE_THE_PUSH:
            return NotAsked(_BEFORE_THE_PUSH[trouble])
        person = self.people.get(question.phone.msisdn)
        if question.customer_token is not None and (msisdn := self.scanned(question.customer_token)) is not None:
            person = self.people.get(msisdn)
            self.asked_by_token += 1
        if person is None or not _can_use_app(person):
            return NotAsked(Reason.CANNOT_USE_APP)
        if person.app is App.OLD:
            return NotAsked(Reason.APP_TOO_OLD)
        put = self._put(question, person)
        if question.notification is not None:
            self.tokens[put.request] = question.notification.reveal()
        if self.gate is not None:
            await self.gate.wait()
        if trouble is AskTrouble.LOST:
            return NotAsked(Reason.OUTCOME_UNKNOWN)
        if trouble is AskTrouble.SURPRISE:
            return NotAsked(Reason.PLATFORM_SURPRISED_US, _digest(b"<html>"))
        return Asked(Masked(put.request), self.life, self.interval)

    def _ask_trouble(self) -> AskTrouble | None:
        if self.down:
            return AskTrouble.UNSENT
        if self.keys_refused:
            return AskTrouble.KEYS_REFUSED
        return self.ask_troubles.popleft() if self.ask_troubles else None

    def _put(self, asked: Question, person: Person) -> Push:
        now = self.clock.now()
        request = secrets.token_urlsafe(20)
        end = now + self.life
        question = Push(request, asked.club, person, asked.code, end, self.interval, asked.finish, polled_at=now)
        self.questions[request] = question
        self.pushes[person.msisdn] += 1
        return question

    async def collect(self, club: ClubId, request: Masked[str]) -> Answer:
        await asyncio.sleep(0)
        name = request.reveal()
        self.polls[name] += 1
        if self.down or self.keys_refused:
            return Unreachable(self.retry_after)
        if self.unreachable_collects > 0:
            self.unreachable_collects -= 1
            return Unreachable(self.retry_after)
        question = self.questions.get(name)
        if question is None or question.club != club or question.redeemed:
            self.late_polls += name in self._ended
            return Failed(Reason.OUTCOME_UNKNOWN)
        answer = self._look(question)
        if not isinstance(answer, Pending):
            self.late_polls += name in self._ended
            self._ended.add(name)
        return answer

    def _look(self, question: Push) -> Answer:
        now = self.clock.now()
        early = now - question.polled_at < question.interval
        question.polled_at = now
        if question.answer is True:
            question.redeemed = True
            return Answered(Masked(question.request.encode()))
        if question.answer is False:
            return Declined()
        if now >= question.expires_at:
            return Expired()
        if early:
            self.early_polls += 1
            question.interval += timedelta(seconds=5)
        return Pending(slow_down=early)

    async def finish(self, club: ClubId) -> Finish:
        del club
        return self.finishes

    async def redeem(self, club: ClubId, code: Masked[str]) -> Redeemed:
        await asyncio.sleep(0)
        name, now = code.reveal(), self.clock.now()
        self.redeemed[name] += 1
        trouble = self.redeem_troubles.popleft() if self.redeem_troubles else None
        if self.down or self.keys_refused or trouble is RedeemTrouble.UNSENT:
            return Unreachable(self.retry_after)
        question = next((one for one in self.questions.values() if one.page_code == name), None)
        if question is None or question.club != club or question.redeemed or now >= (question.code_until or now):
            return Worthless()
        question.redeemed = True
        if trouble is RedeemTrouble.LOST:
            return Lost()
        return Answered(Masked(b"" if trouble is RedeemTrouble.NAMELESS else question.request.encode()))

    def names(self, raw: Masked[bytes]) -> Masked[str] | None:
        said = raw.reveal().decode()
        return Masked(said) if said else None

    async def disclose(self, club: ClubId, request: Masked[str], raw: Masked[bytes]) -> Told:
        await asyncio.sleep(0)
        trouble = self.disclosure_troubles.popleft() if self.disclosure_troubles else None
        if self.down or trouble is DisclosureTrouble.UNREACHABLE:
            return Unreachable(self.retry_after)
        question = self.questions.get(raw.reveal().decode())
        mine = question is not None and question.club == club and question.request == request.reveal()
        if trouble is DisclosureTrouble.UNTRUSTED or question is None or not mine:
            return Failed(Reason.PLATFORM_SURPRISED_US, _digest(raw.reveal()))
        person = question.person
        return Disclosure(
            sub=person.sub,
            phone=person.phone_claim,
            profile=person.profile,
            consents=person.consents,
            raw_consents=repr(person.consents).encode() if person.consents else None,
            shared_at=question.polled_at,
            login='{"iss":"https://login.example.org/","aud":["club"],"iat":1795428000,"auth_time":1795427990}',
        )

    async def exists(self, club: ClubId, phone: PhoneNumber) -> bool | None:
        del club
        await asyncio.sleep(0)
        self.existence_asked += 1
        if self.down or self.keys_refused or not self.knows_who_exists:
            return None
        person = self.people.get(phone.msisdn)
        return person is not None and _can_use_app(person)

    async def notifies(self, club: ClubId) -> bool:
        del club
        return self.calls_back


def _can_use_app(person: Person) -> bool:
    return person.app is not App.NONE and person.age >= FULL_AGE


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
