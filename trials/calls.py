"""The platform as one node sees it: `flows.ports.Platform`, with a node that may die at every step.

It also watches what a client must never do: look after the end, look too soon, understand what is not kept yet.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from medlem.club.enrolment import Finish, Reason
from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode
from medlem.club.identification import Evidence
from medlem.club.ids import ClubId, StationQrId
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import (
    Answer,
    Answered,
    Ask,
    Failed,
    HungQr,
    NotAsked,
    Pending,
    Question,
    Redeemed,
    Revealed,
    Told,
    Unreachable,
    Worthless,
)
from trials.faults import Fault
from trials.platform import Pushed
from trials.wire import Passage, Wire

if TYPE_CHECKING:
    from trials.node import Node

T = TypeVar("T")

DIGEST: Final = "0" * 64
ASK_TIME_OUT: Final = 14.0
TIME_OUT: Final = 8.0
CALLS_MATTER: Final = 3
"""There are far more steps in transactions than calls."""
AFTER_MATTERS: Final = 3
"""A process that freezes with an answer in its hands is worse than one that has yet to look."""

_ASK: Final = (
    Fault.SERVER_ERROR,
    Fault.TOO_MANY,
    Fault.UNSENT,
    Fault.TIMEOUT_LOST,
    Fault.TIMEOUT_REACHED,
    Fault.RESET,
    Fault.SLOW,
    Fault.BAD_ANSWER,
)
_COLLECT: Final = (*_ASK, Fault.SLOW_DOWN, Fault.SLOW_DOWN)
_DISCLOSE: Final = (Fault.SERVER_ERROR, Fault.UNSENT, Fault.TIMEOUT_LOST, Fault.SLOW, Fault.BAD_ANSWER, Fault.RESET)
_REVEAL: Final = (Fault.SERVER_ERROR, Fault.UNSENT, Fault.TIMEOUT_LOST, Fault.SLOW, Fault.BAD_ANSWER)

_NOT_ASKED: Final = {
    Fault.SERVER_ERROR: Reason.PLATFORM_UNAVAILABLE,
    Fault.UNSENT: Reason.PLATFORM_UNAVAILABLE,
    Fault.TOO_MANY: Reason.CUSTOMER_BUSY,
}
"""Everything else leaves open whether the question is on the phone."""


async def called(node: "Node", wire: Wire, passage: Passage, effect: Callable[[], T]) -> T | None:
    """A call of a node that may die before, in or after it: the answer, or None when none came."""
    if node.burns(CALLS_MATTER):
        await node.perish_calling(passage.there)
    answer = await wire.carry(passage, effect)
    if node.burns(CALLS_MATTER):
        await node.perish(Fault.KILLED_CALLING)
    return answer


class NoStickers:
    """A sales unit that has no stickers, and may have none: nobody ever scans one."""

    async def reveal_customer(self, club: ClubId, token: Masked[str]) -> PhoneNumber:
        """No scan ever made a token."""
        del club, token
        raise UnreadableCode("Ask the customer to show a code.")

    async def hang_qr(self, club: ClubId, qr: StationQrId, label: str) -> HungQr:
        """It may not."""
        del club, qr, label
        raise PlatformRefusedKeys("This sales unit has no access to stickers.")

    async def find_qr(self, club: ClubId, qr: StationQrId) -> HungQr | None:
        """There is none."""
        del club, qr
        return None

    async def hung_qrs(self, club: ClubId) -> list[HungQr]:
        """There are none."""
        del club
        return []

    async def remove_qr(self, club: ClubId, qr: str) -> None:
        """It is gone already."""


class NodePlatform(NoStickers):
    """`flows.ports.Platform` of one node."""

    def __init__(self, node: "Node", wire: Wire) -> None:
        self._node = node
        self._wire = wire
        self._history = wire.history
        self._platform = wire.platform

    async def reveal(self, club: ClubId, code: PersonalQr) -> Revealed:
        """Exchange a personal QR code."""
        del club
        passage = self._wire.passage(_REVEAL, TIME_OUT)
        content = code.reveal()  # to the pretend platform
        person = await self._call(passage, lambda: self._platform.codes.get(content))
        if passage.fault is Fault.BAD_ANSWER:
            raise PlatformSurprisedUs("Type the number.")
        if person is None and not passage.answers:
            raise PlatformUnavailable("Try once more, or type the number.")
        if person is None:
            raise UnreadableCode("Ask the customer to show a new code.")
        return Revealed(PhoneNumber(person.msisdn), Evidence.PERSONAL_QR_TOKEN)

    async def finish(self, club: ClubId) -> Finish:
        """In the app, as in most clubs."""
        del club
        return Finish.IN_APP

    async def redeem(self, club: ClubId, code: Masked[str]) -> Redeemed:
        """Nobody brings a code here."""
        del club, code
        return Worthless()

    def names(self, raw: Masked[bytes]) -> Masked[str] | None:
        """No answer is bought with a code here."""
        del raw
        return None

    async def ask(self, question: Question) -> Ask:
        """Put the question."""
        asked, code = question.phone.msisdn, question.code
        story = self._history.by_code.get((asked, code))
        if story is None:
            self._history.fail("double push", f"{asked} is asked with {code}, which nobody has written down")
        passage = self._wire.passage(_ASK, ASK_TIME_OUT)
        answer = await self._call(passage, lambda: self._platform.ask(asked, code))
        if answer is None:
            answer = NotAsked(_NOT_ASKED.get(passage.fault or Fault.RESET, Reason.OUTCOME_UNKNOWN))
        elif passage.fault is Fault.BAD_ANSWER:
            answer = NotAsked(Reason.PLATFORM_SURPRISED_US, DIGEST)
        if story is not None and isinstance(answer, NotAsked):
            story.causes.add(answer.reason)
        return answer

    async def collect(self, club: ClubId, request: Masked[str]) -> Answer:
        """Look for the answer."""
        del club
        name = request.reveal()  # to the pretend platform
        question, node = self._platform.questions.get(name), self._node
        self._judge_look(question)
        passage = self._wire.passage(_COLLECT, TIME_OUT)
        slow_down = passage.fault is Fault.SLOW_DOWN

        def arrive() -> Answer:
            # It may have frozen just before it sent, and somebody else may have taken over since.
            return self._platform.collect(name, node, excused=node.just_thawed, slow_down=slow_down)

        began = self._wire.loop.time()
        if node.ices():
            await node.congeal(began)
        answer = self._collected(question, passage, await self._call(passage, arrive), began)
        if node.ices(AFTER_MATTERS):
            await node.congeal(began)
        return answer

    async def disclose(self, club: ClubId, request: Masked[str], raw: Masked[bytes]) -> Told:
        """Verify a kept answer and read it."""
        del club
        name, kept = request.reveal(), raw.reveal().decode()  # to the pretend platform
        question = self._platform.questions.get(name)
        passage = self._wire.passage(_DISCLOSE, TIME_OUT)
        if question is None or question.handed is None or kept != name:
            return Failed(Reason.PLATFORM_SURPRISED_US, DIGEST)
        self._judge_understanding(question)
        handed = question.handed
        heard = await self._call(passage, lambda: handed.disclosure)
        if passage.fault is Fault.BAD_ANSWER:
            self._cause(question, Reason.PLATFORM_SURPRISED_US)
            return Failed(Reason.PLATFORM_SURPRISED_US, DIGEST)
        return Unreachable() if heard is None else heard

    async def exists(self, club: ClubId, phone: PhoneNumber) -> bool | None:
        """Nobody knows: the merchant has not bought that product."""
        del club, phone
        return None

    async def notifies(self, club: ClubId) -> bool:
        """It is Vipps MobilePay, which signs its deliveries."""
        del club
        return False

    # -- how a call goes

    async def _call(self, passage: Passage, effect: Callable[[], T]) -> T | None:
        return await called(self._node, self._wire, passage, effect)

    def _collected(self, question: Pushed | None, passage: Passage, answer: Answer | None, began: float) -> Answer:
        """What the real client makes of an answer, and what a watcher makes of it."""
        bad = passage.fault is Fault.BAD_ANSWER
        heard: Answer
        if answer is None:
            heard = Unreachable(timedelta(seconds=7) if passage.fault is Fault.TOO_MANY else None)
        elif bad and isinstance(answer, Pending):
            heard = Failed(Reason.PLATFORM_SURPRISED_US, DIGEST)  # an error code that nobody knows
        elif bad:
            heard = Unreachable()  # a page where tokens should be
        else:
            heard = answer
        if question is not None:
            self._watch(question, answer, heard)
            if not isinstance(heard, Pending | Unreachable) and not self._node.thawed_since(began):
                # Who froze meanwhile may have been overtaken: nobody heeds what it heard.
                question.told_end = (self._wire.loop.time(), self._node)
        return heard

    def _watch(self, question: Pushed, answer: Answer | None, heard: Answer) -> None:
        now, node, handed = self._wire.loop.time(), self._node, question.handed
        question.unheard = isinstance(heard, Unreachable)
        if isinstance(heard, Failed) and not isinstance(answer, Failed):
            self._cause(question, heard.reason)
        if isinstance(heard, Pending):
            question.slowed += [(now, node)] if heard.slow_down else []
        if handed is not None and handed.to is node and handed.arrived is None:
            if isinstance(heard, Answered):
                handed.arrived = now
            elif question.unheard:
                self._wire.trouble.note(Fault.TOKENS_LOST)
                self._cause(question, Reason.OUTCOME_UNKNOWN)

    def _cause(self, question: Pushed, reason: Reason) -> None:
        story = self._history.by_code.get((question.msisdn, question.code))
        if story is not None:
            story.causes.add(reason)

    # -- what must never be

    def _judge_look(self, question: Pushed | None) -> None:
        if question is None or self._node.just_thawed:
            return
        story = self._history.by_code.get((question.msisdn, question.code))
        if story is not None and (story.ended is not None or story.last.kept):
            self._history.fail("late look", f"{question} is looked at, and its end was written down before")
        if question.told_end is not None:
            at, heard_by = question.told_end
            if not self._history.troubled(heard_by, at, self._wire.loop.time()):
                self._history.fail("late look", f"{question} is looked at after a final answer, which {heard_by} had")

    def _judge_understanding(self, question: Pushed) -> None:
        story = self._history.by_code.get((question.msisdn, question.code))
        if story is None or not any(written.kept for written in story.written):
            self._history.fail("not kept", f"the answer to {question} is understood before it was written down")
