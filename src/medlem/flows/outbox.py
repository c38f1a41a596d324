"""The outbox: endpoints of the merchant's other systems hear, one after the other, what was written down for them.

A worker claims an endpoint that is due under a fencing number, tells it the next few notices in their order, and
writes down what came of it. Killed between any two lines, the next one tells them once more, under the same ids. The
first that is not heard ends the round.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from medlem.club.endpoint import (
    Attempt,
    Endpoint,
    Notice,
    NoticeKind,
    NoticeState,
    Paused,
    new_endpoint_secret,
)
from medlem.club.errors import Flaw, InvalidRequest, NotFound
from medlem.club.ids import ClubId, endpoint_id
from medlem.flows.noticing import Draft, body
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, Tables

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=45)
"""How long a claim holds: longer than a round and the call that ends it."""
ROUND: Final = timedelta(seconds=15)
"""When a round ends, though there is more to tell."""
AT_ONCE: Final = 16
"""Notices in a round."""
SIDE_BY_SIDE: Final = 16
"""Endpoints that are told at one time by one process."""
AGAIN_AT_ONCE: Final = 500
"""Notices that are made to wait again in one transaction."""
MOST_ENDPOINTS: Final = 20
"""Of one club: each of them is a row for everything that happens."""

CREATED: Final = 201
ACCEPTED: Final = 202
OK: Final = 200


@dataclass(frozen=True, slots=True)
class Again:
    """From where an endpoint is to be told again: a notice by its id, or a moment."""

    notice: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an endpoint has yet to hear, and what it never will by itself."""

    waiting: int
    oldest: datetime | None
    """When the first that waits happened."""
    parked: int
    heard_at: datetime | None
    """When the latest was heard of those that were."""


async def backlog(tables: Tables, endpoint: Endpoint) -> Backlog:
    """How an endpoint stands."""
    kept = tables.outbox
    first = await kept.waiting(endpoint, 1)
    heard = await kept.notices(endpoint, NoticeState.DELIVERED, None, 1)
    return Backlog(
        waiting=await kept.count(endpoint, NoticeState.WAITING),
        oldest=first[0].happened_at if first else None,
        parked=await kept.count(endpoint, NoticeState.PARKED),
        heard_at=heard[0].tried_at if heard else None,
    )


# ---------------------------------------------------------------- telling


async def claim(ports: Ports, most: int) -> Sequence[Endpoint]:
    """Take endpoints that are due; nobody else tells them anything until the lease ends."""
    now = ports.clock.now()
    due = await ports.storage.reading.outbox.next_due()
    if due is None or due > now or most <= 0:
        return []
    async with ports.storage.transaction() as tx:
        return await tx.outbox.claim(now, LEASE, min(most, SIDE_BY_SIDE))


async def tell(ports: Ports, endpoint: Endpoint) -> None:
    """Tell a claimed endpoint what it is to hear next, and write down what came of it."""
    began, tried = ports.clock.now(), list[tuple[Notice, Attempt, datetime]]()
    for notice in await ports.storage.reading.outbox.waiting(endpoint, AT_ONCE):
        now = ports.clock.now()
        attempt = await ports.messenger.tell(endpoint, notice, now)
        tried.append((notice, attempt, ports.clock.now()))
        if not attempt.heard or ports.clock.now() - began >= ROUND:
            break
    async with ports.storage.transaction() as tx:
        current = await tx.outbox.hold_endpoint(endpoint.club, endpoint.id)
        if current is None or current.claim != endpoint.claim:
            return  # somebody else has gone on, or it is to be told again from where it was not
        await _write_down(ports, tx, current, tried)


async def _write_down(
    ports: Ports, tx: Tables, current: Endpoint, tried: Sequence[tuple[Notice, Attempt, datetime]]
) -> None:
    after = current
    for notice, attempt, at in tried:
        kept = notice.tried(attempt, at)
        await tx.outbox.save(kept)
        after = after.heard() if attempt.heard else after.unheard(kept, attempt, at, ports.chance())
        if kept.state is NoticeState.PARKED:
            log.error("endpoint %s has not heard notice %s for three days: it is parked", current.id, notice.id)
    if not tried or tried[-1][1].heard:
        more = await tx.outbox.waiting(current, 1)
        after = after.due(ports.clock.now() if more else None)
    if after.paused is not None:
        why = "wants to hear nothing more" if after.paused is Paused.GONE else "has heard nothing for three days"
        log.error("endpoint %s %s: it is paused until you resume it", current.id, why)
    await tx.outbox.save_endpoint(after)


# ---------------------------------------------------------------- endpoints


async def add_endpoint(
    ports: Ports, club: ClubId, url: str, kinds: frozenset[NoticeKind], repeat: Repeat | None = None
) -> Endpoint:
    """Let an address hear from now on.

    Raises:
        InvalidRequest: nothing may be sent there, or there are as many endpoints as may be.
    """
    flaw = ports.messenger.flaw(url)
    if flaw is not None:
        raise InvalidRequest(flaw, Flaw("/url", flaw))
    now = ports.clock.now()
    made = Endpoint(id=endpoint_id(now), club=club, url=url, kinds=kinds, secret=new_endpoint_secret(), created_at=now)
    async with ports.storage.transaction() as tx:
        if len(await tx.outbox.endpoints(club)) >= MOST_ENDPOINTS:
            raise InvalidRequest(f"A club has at most {MOST_ENDPOINTS} endpoints. Remove one first.")
        await tx.outbox.add_endpoint(made)
        if repeat is not None:
            await tx.repeats.keep(club, repeat, CREATED, made.id, now)
    return made


async def endpoint(ports: Ports, club: ClubId, name: str) -> Endpoint:
    """One endpoint.

    Raises:
        NotFound: the club has none of that id.
    """
    return _there(await ports.storage.reading.outbox.endpoint(club, name))


async def remove_endpoint(ports: Ports, club: ClubId, name: str) -> None:
    """Tell it nothing more.

    Raises:
        NotFound: the club has none of that id.
    """
    async with ports.storage.transaction() as tx:
        await tx.outbox.remove_endpoint(_there(await tx.outbox.hold_endpoint(club, name)), ports.clock.now())


async def rotate(ports: Ports, club: ClubId, name: str, repeat: Repeat | None = None) -> Endpoint:
    """Give it a new secret. The present one signs beside it for a day.

    Raises:
        NotFound: the club has none of that id.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        after = _there(await tx.outbox.hold_endpoint(club, name)).rotated(new_endpoint_secret(), now)
        await tx.outbox.save_endpoint(after)
        if repeat is not None:
            await tx.repeats.keep(club, repeat, OK, after.id, now)
    return after


async def resume(ports: Ports, club: ClubId, name: str, repeat: Repeat | None = None) -> Endpoint:
    """Go on telling one that was paused, from where it stopped; all that waits gets its full time again.

    Raises:
        NotFound: the club has none of that id.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        after = _there(await tx.outbox.hold_endpoint(club, name)).resumed(now)
        await tx.outbox.extend(after, now)
        await tx.outbox.save_endpoint(after)
        if repeat is not None:
            await tx.repeats.keep(club, repeat, OK, after.id, now)
    return after


async def send_test(ports: Ports, club: ClubId, name: str, repeat: Repeat | None = None) -> Notice:
    """Let it hear a notice that means nothing, after all that it is to hear before.

    Raises:
        NotFound: the club has none of that id.
    """
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        found = _there(await tx.outbox.hold_endpoint(club, name))
        told = body(Draft(NoticeKind.TEST, {"endpoint": found.id}), now)
        notice = await tx.outbox.add_for(found, NoticeKind.TEST, told, now)
        if repeat is not None:
            await tx.repeats.keep(club, repeat, ACCEPTED, notice.id, now)
    return notice


async def tell_again(ports: Ports, club: ClubId, name: str, again: Again) -> int:
    """Tell it once more all that it was told from somewhere on, in its order; how many notices.

    Some hundred to a transaction, oldest first. Cut off in the middle, it is called again.

    Raises:
        NotFound: there is no such endpoint, or no such notice of it.
    """
    first, many = await _from(ports, await endpoint(ports, club, name), again), 0
    while first is not None:
        now = ports.clock.now()
        async with ports.storage.transaction() as tx:
            found = _there(await tx.outbox.hold_endpoint(club, name))
            made = await tx.outbox.tell_again(found, first, AGAIN_AT_ONCE, now)
            if made:
                await tx.outbox.save_endpoint(found.again(now))
        many += len(made)
        first = made[-1] + 1 if len(made) == AGAIN_AT_ONCE else None
    return many


async def notice(ports: Ports, club: ClubId, name: str, wanted: str) -> Notice:
    """One notice of an endpoint.

    Raises:
        NotFound: there is none.
    """
    found = await ports.storage.reading.outbox.notice(await endpoint(ports, club, name), wanted)
    if found is None:
        raise NotFound("The endpoint has no such notice.")
    return found


async def _from(ports: Ports, endpoint: Endpoint, again: Again) -> int | None:
    if again.since is not None:
        return await ports.storage.reading.outbox.first_since(endpoint, again.since)
    return (await notice(ports, endpoint.club, endpoint.id, again.notice or "")).sequence


def _there(found: Endpoint | None) -> Endpoint:
    if found is None:
        raise NotFound("The club has no such endpoint.")
    return found
