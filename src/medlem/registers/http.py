"""The merchant's own system as the register, over the small HTTP contract of docs/register.md.

What is not a whole, timely answer about the number that was asked is no answer: the till says so, and the sale goes on.
"""

import asyncio
import re
import secrets
from datetime import timedelta
from typing import Any, Final

import msgspec

from medlem.breaker import Breaker, Patience
from medlem.club.announcement import Announcement, News
from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import Entry, Member
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, Reception, TurnedDown, Unheard
from medlem.flows.ports import Clock
from medlem.registers.fields import Fields, Unreadable
from medlem.registers.wire import Address, Answer, NoAnswer, Wire, write_down

LOOK_UP: Final = "/lookup"
MEMBERS: Final = "/members"
CHANGES: Final = "/changes"

TELL_WITHIN: Final = 10.0
"""Seconds that an announcement may take; nobody waits for it, and its lease is longer."""

FAILURES: Final = 5
PAUSE: Final = timedelta(seconds=2)
PATIENCE: Final = Patience(remembered=FAILURES, enough=FAILURES, pause=PAUSE, longest=timedelta(seconds=30))
"""Five in a row open it, and it is tried less and less: while it is shut the till remembers, or says *unknown*."""

OK: Final = 200
GOOD: Final = range(200, 300)
REDIRECTS: Final = range(300, 400)
KNOWN: Final = 409
WILL_NOT_HAVE: Final = 422
_WORDS: Final = {401: "keys_refused", 403: "keys_refused", 408: "later", 425: "later", 429: "later"}

_SECONDS = re.compile(r"\A[0-9]{1,6}\Z")


class HttpRegister:
    """One club's register."""

    def __init__(self, address: Address, fields: Fields, clock: Clock, within: float) -> None:
        """Take where it is, what it calls things, and how many seconds a look-up may take."""
        self._wire = Wire(address)
        self._fields = fields
        self._clock = clock
        self._within = within
        self._breaker = Breaker(PATIENCE)

    async def close(self) -> None:
        """End every connection."""
        await self._wire.close()

    async def find(self, club: ClubId, phone: PhoneNumber) -> Entry | None:
        """Who is reached by this number.

        Raises:
            RegisterUnavailable: there is no answer that can be trusted.
        """
        del club
        if not self._breaker.admits(self._clock.now()):
            write_down("look_up", "left_alone", 0, 0.0)
            raise _silent()
        try:
            entry = await self.look_up(phone)
        except (NoAnswer, Unreadable):
            self._breaker.failed(self._clock.now())
            raise _silent() from None  # what was wrong stands in the log, in one word
        self._breaker.succeeded(self._clock.now())
        return entry

    async def tell(self, announcement: Announcement) -> Reception:
        """Let it hear of a member; never raises."""
        path = MEMBERS if announcement.news is News.JOINED else CHANGES
        began, ended, status = _tick(), "broken_off", 0
        try:
            answer = await self._wire.post(path, said(announcement), announcement.id, self._clock.now(), TELL_WITHIN)
        except NoAnswer as trouble:
            ended = str(trouble)
            return Unheard()
        else:
            status = answer.status
            ended, reception = _reception(answer)
            return reception
        finally:
            write_down("tell", ended, status, _tick() - began)

    async def look_up(self, phone: PhoneNumber) -> Entry | None:
        """Ask, whatever happened before.

        Raises:
            NoAnswer, Unreadable: there is no answer that can be trusted, and why, in one word.
        """
        began, ended, status = _tick(), "broken_off", 0
        try:
            answer = await self._wire.post(
                LOOK_UP, {"phone": phone.e164}, f"look_{secrets.token_hex(12)}", self._clock.now(), self._within
            )
            status = answer.status
            entry = self._understood(answer, phone)
            ended = "ok"
        except (NoAnswer, Unreadable) as trouble:
            ended = str(trouble)
            raise
        else:
            return entry
        finally:
            write_down("look_up", ended, status, _tick() - began)

    def _understood(self, answer: Answer, phone: PhoneNumber) -> Entry | None:
        if answer.status != OK:
            raise NoAnswer(_word(answer.status))
        try:
            value = msgspec.json.decode(answer.body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            raise Unreadable("no_json") from None
        return self._fields.read(value, phone)


def said(announcement: Announcement) -> dict[str, Any]:
    """An announcement as docs/register.md has it."""
    former = announcement.former_phone
    return {
        "id": announcement.id,
        "news": announcement.news.value,
        "happened_at": announcement.happened_at,
        "former_phone": former.e164 if former else None,
        "member": _in_full(announcement.member)
        | {
            "consents": {
                consent.element: {
                    "granted": consent.granted,
                    "text": consent.text,
                    "given_at": consent.given_at,
                    "seen_at": consent.seen_at,
                    "language": consent.language,
                }
                for consent in announcement.consents
            },
            "extras": announcement.extras,
        },
    }


def _in_full(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "member_number": member.member_number,
        "sub": member.sub,
        "phone": member.phone.e164 if member.phone else None,
        "profile": member.profile,
        "joined_at": member.joined_at,
        "station": member.station,
        "left_at": member.left_at,
        "merged_into": member.merged_into,
    }


def _reception(answer: Answer) -> tuple[str, Reception]:
    """What an answer to an announcement means, and the word for it."""
    if answer.status in GOOD:
        return "heard", Heard()
    if answer.status == KNOWN:
        return "known", Heard()
    if answer.status == WILL_NOT_HAVE:
        return "turned_down", TurnedDown()
    return _word(answer.status), Unheard(_retry_after(answer.retry_after))


def _word(status: int) -> str:
    """How a call ended that did not end well."""
    if status in REDIRECTS:
        return "redirect"
    if status in _WORDS:
        return _WORDS[status]
    return "failing" if status >= 500 else "refused"  # noqa: PLR2004 - HTTP's own line between their fault and ours


def _retry_after(text: str | None) -> timedelta | None:
    return timedelta(seconds=int(text)) if text and _SECONDS.match(text.strip()) else None


def _silent() -> RegisterUnavailable:
    return RegisterUnavailable("The register of members does not answer. Carry on with the sale.")


def _tick() -> float:
    return asyncio.get_running_loop().time()
