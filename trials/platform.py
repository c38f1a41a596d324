"""The platform, as far as a club can tell: people with phones, questions on them, and tokens that are handed out once.

Written against the rules of the platform and of CIBA, not against our client; it counts what a client must never do.
What lies between it and a node, and everything that gets lost there, is `wire`.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from medlem.club.enrolment import Reason
from medlem.club.masked import Masked
from medlem.club.member import ConsentAnswer, Disclosure, Profile
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Answer, Answered, Ask, Asked, Declined, Expired, Failed, NotAsked, Pending
from trials.history import History
from trials.loop import Process, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH: Final = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MOST_OPEN: Final = 2
"""Questions on one phone; one more is refused as busy."""
SLOWER: Final = 5.0
JITTER: Final = 0.1
"""Seconds: two calls may take this differently long."""
WRITTEN_WITHIN: Final = 3.0
"""Seconds within which a process has written down what it was told."""


@dataclass(slots=True)
class Person:
    """Somebody with a phone."""

    sub: str
    name: str
    msisdn: str
    app: str = "current"
    vouched: bool = True
    """Whether the platform names their number."""
    numbers: list[str] = field(default_factory=list)
    """Every number that they have had, the present one included."""

    @property
    def email(self) -> str:
        """Where letters reach them."""
        return f"{self.sub}@example.org"

    @property
    def profile(self) -> Profile:
        """What they share."""
        given, _, family = self.name.partition(" ")
        return Profile(name=self.name, given_name=given, family_name=family, email=self.email, email_verified=True)


@dataclass(slots=True)
class Handed:
    """The tokens, on their way to somebody."""

    at: float
    to: Process
    disclosure: Disclosure
    arrived: float | None = None
    """When they were in the hands of a living process."""


@dataclass(slots=True)
class Pushed:
    """One question on one phone."""

    request: str
    person: Person
    msisdn: str
    code: str
    asked_at: float
    expires_at: float
    interval: float
    looked_at: float
    answer: bool | None = None
    answered_at: float | None = None
    handed: Handed | None = None
    told_end: tuple[float, Process] | None = None
    """When an answer that is final came into the hands of which process."""
    slowed: list[tuple[float, Process]] = field(default_factory=list)
    """When which process was told to slow down."""
    unheard: bool = False
    """The last look at it brought no answer."""

    def __str__(self) -> str:
        return f"the question {self.code} to {self.msisdn}"


class PretendPlatform:
    """One sales unit's side of the platform."""

    def __init__(self, loop: VirtualLoop, chance: Random, history: History) -> None:
        self._loop = loop
        self._chance = chance
        self._fail = history.fail
        self._written_by = history.written_by
        self.people: dict[str, Person] = {}
        """By their present number."""
        self.everybody: list[Person] = []
        self.questions: dict[str, Pushed] = {}
        self.pushes: Counter[tuple[str, str]] = Counter()
        """By number and code."""
        self.codes: dict[str, Person] = {}
        """Personal QR codes that were shown."""
        self.on_push: Callable[[Pushed], None] = lambda _: None
        self.on_answer: Callable[[Pushed], None] = lambda _: None

    def moment(self, at: float) -> datetime:
        """The platform's clock, which is right."""
        return EPOCH + timedelta(milliseconds=round(at * 1000))

    # -- people

    def add(self, person: Person) -> None:
        """Somebody gets a phone."""
        self.everybody.append(person)
        self._give(person, person.msisdn)

    def move(self, person: Person, msisdn: str) -> None:
        """Somebody gets another number; whoever had it before has none any more."""
        del self.people[person.msisdn]
        self._give(person, msisdn)

    def _give(self, person: Person, msisdn: str) -> None:
        person.msisdn = msisdn
        person.numbers.append(msisdn)
        self.people[msisdn] = person

    def show_qr(self, person: Person) -> str:
        """The code on somebody's phone, made just now."""
        content = f"https://qr.vipps.no/p/{self._chance.getrandbits(48):012x}"
        self.codes[content] = person
        return content

    def respond(self, question: Pushed, *, yes: bool) -> bool:
        """A thumb on the phone; whether it still counts."""
        now = self._loop.time()
        if question.answer is not None or now >= question.expires_at:
            return False
        question.answer, question.answered_at = yes, now
        self.on_answer(question)
        return True

    # -- calls

    def ask(self, msisdn: str, code: str) -> Ask:
        """Put a question on a phone."""
        person = self.people.get(msisdn)
        if person is None or person.app == "none":
            return NotAsked(Reason.CANNOT_USE_APP)
        if person.app == "old":
            return NotAsked(Reason.APP_TOO_OLD)
        now = self._loop.time()
        shown = [q for q in self.questions.values() if q.msisdn == msisdn and q.answer is None and now < q.expires_at]
        if len(shown) >= MOST_OPEN:
            return NotAsked(Reason.CUSTOMER_BUSY)
        life, interval = self._chance.choice((20.0, 30.0, 45.0, 60.0)), self._chance.choice((2.0, 4.0, 5.0, 5.0, 10.0))
        request = f"{self._chance.getrandbits(80):020x}"
        question = Pushed(request, person, msisdn, code, now, now + life, interval, looked_at=now)
        self.questions[request] = question
        self.pushes[msisdn, code] += 1
        if self.pushes[msisdn, code] > 1:
            self._fail("double push", f"{question} stands on the phone {self.pushes[msisdn, code]} times")
        self.on_push(question)
        return Asked(Masked(request), timedelta(seconds=life), timedelta(seconds=interval))

    def collect(self, request: str, by: Process, *, excused: bool, slow_down: bool) -> Answer:
        """Look for the answer; tokens are handed out once.

        Args:
            request: the `auth_req_id`.
            by: who looks.
            excused: whether a look that comes too soon is nobody's fault.
            slow_down: say so, though nobody was too quick.
        """
        question = self.questions.get(request)
        if question is None or question.handed is not None:
            return Failed(Reason.OUTCOME_UNKNOWN)
        now, since = self._loop.time(), question.looked_at
        question.looked_at = now
        if question.answer is True:
            question.handed = Handed(now, by, self._disclosure(question))
            return Answered(Masked(request.encode()))
        if question.answer is False:
            return Declined()
        if now >= question.expires_at:
            return Expired()
        interval = question.interval + SLOWER * sum(self._heard(who, at) for at, who in question.slowed)
        if excused:
            question.looked_at = since  # whoever took over cannot know of it
        elif now - since < interval - JITTER:
            self._fail("early look", f"{question} was looked at {now - since:.3f} s after the last, not {interval}")
        return Pending(slow_down=slow_down)

    def _heard(self, process: Process, at: float) -> bool:
        """Whether it has written down that it was told to slow down; who froze does so once it has thawed."""
        return self._loop.time() >= self._written_by(process, at, WRITTEN_WITHIN)

    def _disclosure(self, question: Pushed) -> Disclosure:
        person = question.person
        answers = (
            ConsentAnswer(
                element="email",
                text="May we write to you?",
                granted=person.sub[-1] in "02468ace",
                given_at=self.moment(question.answered_at or 0.0),
            ),
        )
        phone = PhoneNumber(person.msisdn) if person.vouched else None
        return Disclosure(sub=person.sub, phone=phone, profile=person.profile, consents=answers, raw_consents=b"[]")
