"""`Idempotency-Key`: a POST that comes twice does its work once.

One mechanism for every POST behind a key. What was made is written down with the key, in the same transaction, by
the flow; a repeat finds it and answers it as it is now, with the first status. A repeat that comes while the first
call still runs waits for it. Refusals of the 4xx kind are answered again too, but not 429; after a 5xx it is worth
trying again, so nothing is kept.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec
from msgspec import UNSET

from medlem.club.errors import Flaw, IdempotencyConflict, InvalidRequest, Refusal
from medlem.club.member import AlreadyMember, Entry
from medlem.flows.tables import Clash, Remembered, Repeat
from medlem.flows.views import MemberView
from medlem.web.answer import Answer, encode
from medlem.web.call import Call
from medlem.web.problems import STATUSES, Problem, Replayed, problem_of

HEADER: Final = b"idempotency-key"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

First = Callable[[Repeat | None], Awaitable[Answer]]
Again = Callable[[str], Awaitable[Answer]]


class _Kept(msgspec.Struct):
    """A refusal at rest: its words, and of a member of our own only the id."""

    problem: Problem
    member: str | None = None


async def once(call: Call, first: First, again: Again) -> Answer:
    """Do what a POST asks for, unless it has been done before.

    Args:
        call: the POST.
        first: does the work, and keeps the repeat in the transaction that does it.
        again: answers the resource that the first call made, as it is now.
    """
    said = call.header(HEADER)
    if said is None:
        return await first(None)
    repeat = await _repeat(call, said)
    async with call.desk.turns.take(repeat.scope):
        found = await call.ports.storage.reading.repeats.find(call.key.club, repeat)
        if found is None:
            try:
                return await first(repeat)
            except Clash:
                # Somebody else was quicker: what they made is the answer, committed together with this look.
                async with call.ports.storage.transaction() as tx:
                    found = await tx.repeats.find(call.key.club, repeat)
                if found is None:
                    raise
            except Refusal as refusal:
                await _keep(call, repeat, refusal)
                raise
        return await _answer_again(call, repeat, found, again)


async def keep(call: Call, repeat: Repeat | None, status: int, resource: str) -> None:
    """Write down a call that made nothing: a repeat of it asks anew."""
    if repeat is not None:
        async with call.ports.storage.transaction() as tx:
            await tx.repeats.keep(call.key.club, repeat, status, resource, call.ports.clock.now())


async def _repeat(call: Call, said: str) -> Repeat:
    if _KEY.fullmatch(said) is None:
        detail = "Idempotency-Key has 1 to 255 visible ASCII characters."
        raise InvalidRequest(detail, Flaw("", detail))
    scope = f"{call.key.id} {call.scope['method']} {call.scope['path']} {said}"
    return Repeat(hashlib.sha256(scope.encode()).hexdigest(), await call.fingerprint())


async def _answer_again(call: Call, repeat: Repeat, found: Remembered, again: Again) -> Answer:
    if found.body != repeat.body:
        raise IdempotencyConflict("This Idempotency-Key came with another body before. Use a new one for a new call.")
    if found.refusal is not None:
        raise await _replayed(call, found.refusal)
    answer = await again(found.resource or "")
    answer.status = found.status
    return answer


async def _keep(call: Call, repeat: Repeat, refusal: Refusal) -> None:
    status = STATUSES[refusal.slug]
    if status >= STATUSES["internal-error"] or status == STATUSES["too-many-requests"]:
        return
    problem = problem_of(refusal, call.visit.trace)
    member = None
    named = refusal.member if isinstance(refusal, AlreadyMember) else None
    if named is not None and not (isinstance(named, Entry) and not named.ours):
        member, problem.member = named.id, UNSET  # read anew, for their name may change
    with suppress(Clash):  # another process met it first
        async with call.ports.storage.transaction() as tx:
            await tx.repeats.keep_refusal(
                call.key.club, repeat, status, encode(_Kept(problem, member)), call.ports.clock.now()
            )


async def _replayed(call: Call, refusal: bytes) -> Replayed:
    kept = _kept.decode(refusal)
    if kept.member is not None:
        member = await call.ports.storage.reading.members.today(call.key.club, kept.member)
        kept.problem.member = UNSET if member is None else MemberView.of(member)
    return Replayed(kept.problem)


_kept = msgspec.json.Decoder(_Kept)
