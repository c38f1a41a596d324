"""Enrolment: ask an identified customer, in their own app, to join the club.

Asking and looking call the platform, so each stands between two short transactions, never inside one. Every step
can be cut off by kill -9 and is found again from what was written before it:

    after the intent, before the answer to the ask   -> `outcome_unknown` after twenty seconds, never asked again
    while waiting                                    -> due again, at its time
    after the tokens, before they are written        -> the one loss nobody can undo: `outcome_unknown`
    after the tokens are written                     -> understood again and again, until a member is made
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from medlem.club.codes import confirmation_code
from medlem.club.enrolment import ASK_LIFE, Enrolment, Finish, Reason, State
from medlem.club.errors import NotFound
from medlem.club.ids import EnrolmentId, enrolment_id
from medlem.club.masked import Masked
from medlem.club.member import Disclosure
from medlem.club.place import Station
from medlem.flows import eligible, limits, noticing, rights, unasked
from medlem.flows.answers import (
    Answer,
    Answered,
    Ask,
    Declined,
    Expired,
    Failed,
    Look,
    NotAsked,
    Pending,
    Question,
    Told,
    Unreachable,
)
from medlem.flows.checking import joined_since
from medlem.flows.insisting import insist
from medlem.flows.pings import notification_token
from medlem.flows.ports import Ports
from medlem.flows.tables import Repeat, StorageUnavailable, Tables
from medlem.flows.views import EnrolmentView

log = logging.getLogger(__name__)

ACCEPTED: Final = 202

LEASE: Final = timedelta(seconds=30)
"""How long a claim holds: longer than any call to the platform may take."""


async def start(ports: Ports, station: Station, identification: str, repeat: Repeat | None = None) -> EnrolmentView:
    """Write down that this customer is to be asked, and send the question on its way.

    A customer who is being asked already keeps the enrolment they have, and this station follows it: one push.

    Raises:
        NotFound: this station has no such identification.
        IdentificationExpired: it is older than fifteen minutes.
        AlreadyMember: there is nothing to ask.
        TooManyRequests: this phone has been asked enough.
    """
    customer, phone = await eligible.customer(ports, station, identification)
    began = ports.clock.now()
    await eligible.refuse_member(ports, customer, phone)
    way, now = await ports.platform.finish(station.club), ports.clock.now()
    pings = way is Finish.IN_APP and await ports.platform.notifies(station.club)
    notification = notification_token() if pings else None
    async with ports.storage.transaction() as tx:
        wanted = Enrolment.begin(enrolment_id(now), customer, confirmation_code(), now, way)
        enrolment = await tx.enrolments.open(wanted)
        # Only now: whoever was being asked when we began may have become a member while we waited for the row.
        if (member := await joined_since(ports, tx, customer, phone, began)) is not None:
            raise eligible.already(member)
        if enrolment.id == wanted.id:
            await limits.ask(ports.limits, tx, customer, phone, now)
            if notification is not None:
                await tx.webhooks.expect(enrolment, notification, now)
        view = EnrolmentView.of(enrolment, None)
        if await tx.enrolments.follow(enrolment, station.id):
            await tx.events.add(station.club, station.id, view, now)
        if repeat is not None:
            await tx.repeats.keep(station.club, repeat, ACCEPTED, enrolment.id, now)
    if enrolment.id == wanted.id:
        ports.errands.send(ask(ports, enrolment, notification), f"ask {enrolment.id}")
    return view


async def show(ports: Ports, station: Station, enrolment: str) -> EnrolmentView:
    """An enrolment that this station follows.

    Raises:
        NotFound: there is none, or this station has nothing to do with it.
    """
    tables = ports.storage.reading
    found = await tables.enrolments.get(station.club, enrolment)
    if found is None or not await tables.enrolments.follows(found, station.id):
        raise NotFound("This station follows no such enrolment.")
    return await _view(tables, found)


async def ask(ports: Ports, enrolment: Enrolment, notification: Masked[str] | None = None) -> None:
    """Put the question, once, and write down what came of it."""
    if enrolment.phone is None:
        raise ValueError(f"{enrolment.id} has no number to ask")
    token = await _token_of_scan(ports, enrolment)
    code, finish = enrolment.code, enrolment.finish
    question = Question(enrolment.club, enrolment.phone, code, token, notification, finish)
    answer = await ports.platform.ask(question)
    until = enrolment.created_at + ASK_LIFE
    await insist(ports.clock, lambda: _write_down(ports, enrolment, answer), until)


async def _token_of_scan(ports: Ports, enrolment: Enrolment) -> Masked[str] | None:
    """What named the customer at the sticker, if it is still good.

    The intent to ask is written: a database that is away for a moment costs the better hint, and never the question.
    """
    try:
        return await ports.storage.reading.check_ins.token_of(
            enrolment.club, enrolment.identification, ports.clock.now()
        )
    except StorageUnavailable:
        return None


async def claim(ports: Ports, most: int) -> Sequence[Enrolment]:
    """Take enrolments that are due; nobody else looks at them until the lease ends."""
    async with ports.storage.transaction() as tx:
        return await tx.enrolments.claim_due(ports.clock.now(), LEASE, most)


async def check(ports: Ports, claimed: Enrolment) -> None:
    """Look for the answer to one claimed enrolment, and see it through; safe to call any number of times."""
    if claimed.answer is not None:
        await conclude(ports, claimed)
        return
    for answered in await settle(ports, [await look(ports, claimed)]):
        await conclude(ports, answered)


async def look(ports: Ports, claimed: Enrolment) -> Look:
    """Ask the token endpoint, once; or, for a customer who brings the answer, only see whether it is over."""
    if claimed.finish is Finish.ON_PAGE:
        return Look(claimed, await unasked.look(ports, claimed))
    if claimed.request is None:
        return Look(claimed, Failed(Reason.OUTCOME_UNKNOWN))
    return Look(claimed, await ports.platform.collect(claimed.club, claimed.request))


async def settle(ports: Ports, looks: Sequence[Look]) -> list[Enrolment]:
    """Write down what was seen, many looks in one transaction; returns those whose tokens are kept.

    A look whose claim has been overtaken is dropped, since somebody else knows better; but for two things that the
    platform says once. The tokens are handed out once: nobody else can know more. And `slow_down` holds for every later
    look, whoever makes it.
    """
    now = ports.clock.now()
    kept: list[Enrolment] = []
    changed: dict[EnrolmentId, Enrolment] = {}
    async with ports.storage.transaction() as tx:
        held = dict(await tx.enrolments.hold_all([seen.enrolment for seen in looks]))
        for told in [seen.enrolment for seen in looks if seen.slows(held.get(seen.enrolment.id))]:
            await tx.enrolments.slow_down(told)
            held[told.id] = held[told.id].slowed()
        for seen in sorted(looks, key=lambda look: not look.brings_tokens):
            current = changed.get(seen.enrolment.id) or held.get(seen.enrolment.id)
            if current is None or current.state is not State.WAITING:
                continue
            ours = current.claim == seen.enrolment.claim
            if current.answer is not None:
                kept += [current] if ours else []
            elif ours or isinstance(seen.answer, Answered):
                changed[current.id] = _after(current, seen.answer, now, ports.chance())
        await tx.enrolments.save_all(list(changed.values()))
        await _announce(tx, [after for after in changed.values() if not after.is_open], now)
    return kept + [after for after in changed.values() if after.answer is not None]


async def conclude(ports: Ports, answered: Enrolment) -> None:
    """Understand a kept answer, and make the member: all in one transaction, or later once more."""
    if answered.request is None or answered.answer is None:
        return
    told = await ports.platform.disclose(answered.club, answered.request, answered.answer)
    await insist(ports.clock, lambda: _draw_conclusion(ports, answered, told), ports.clock.now() + LEASE)


async def _draw_conclusion(ports: Ports, answered: Enrolment, told: Told) -> None:
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        current = await tx.enrolments.hold(answered.club, answered.id)
        if current is None or current.claim != answered.claim or current.state is not State.WAITING:
            return
        after, drafts = await _told(ports, tx, current, told, now)
        await tx.enrolments.save(after, told.login if isinstance(told, Disclosure) and after.member else None)
        await _announce(tx, [] if after.is_open else [after], now, drafts)


async def give_up_lost_asks(ports: Ports) -> None:
    """End what has been asking for too long: whoever asked is gone, and nobody may ask again."""
    now = ports.clock.now()
    lost = await ports.storage.reading.enrolments.lost_asks(now - ASK_LIFE)
    if not lost:
        return  # the usual case holds no till up
    async with ports.storage.transaction() as tx:
        ended = []
        for found in lost:
            current = await tx.enrolments.hold(found.club, found.id)
            if current is not None and current.state is State.ASKING:
                after = current.failed(Reason.OUTCOME_UNKNOWN, now)
                await tx.enrolments.save(after)
                ended.append(after)
        await _announce(tx, ended, now)


async def _write_down(ports: Ports, enrolment: Enrolment, answer: Ask) -> None:
    """What came of the ask; may be called again when nobody knows whether it was written."""
    now = ports.clock.now()
    async with ports.storage.transaction() as tx:
        current = await tx.enrolments.hold(enrolment.club, enrolment.id)
        if current is None or current.state is not State.ASKING:
            log.warning("enrolment %s: the answer to the ask came after it was given up", enrolment.id)
            return
        after = await _asked(tx, current, answer, now)
        if await tx.enrolments.save(after):
            await _announce(tx, [after], now)
        if after.reason is Reason.CANNOT_USE_APP and enrolment.phone is not None:
            await tx.identifications.note_miss(enrolment.club, enrolment.station, enrolment.phone, now)


async def _asked(tx: Tables, current: Enrolment, answer: Ask, now: datetime) -> Enrolment:
    if isinstance(answer, NotAsked):
        return current.failed(answer.reason, now, answer.digest)
    after = current.waiting(answer.request, answer.life, answer.interval, now)
    # The platform may be quicker with its ping than we are with this line.
    await tx.webhooks.bind(current, answer.request)
    pinged = await tx.webhooks.pinged(current.club, answer.request)
    return after if pinged is None else after.pinged(now)


async def _told(
    ports: Ports, tx: Tables, current: Enrolment, told: Told, now: datetime
) -> tuple[Enrolment, list[noticing.Draft]]:
    match told:
        case Disclosure():
            if await rights.too_late(tx, current.club, told, now):
                log.info("enrolment %s: the person was erased after their yes, which makes no member now", current.id)
                return current.failed(Reason.OUTCOME_UNKNOWN, now), []
            member, drafts = await noticing.joining(ports, tx, current, told, now)
            return current.accepted(member.id, now), drafts
        case Failed():
            return current.failed(told.reason, now, told.digest), []
        case Unreachable():
            return current.unreachable(now, told.retry_after, ports.chance()), []
    assert_never(told)


def _after(current: Enrolment, answer: Answer, now: datetime, chance: float) -> Enrolment:
    match answer:
        case Pending():
            return current.pending(now, slow_down=answer.slow_down, retry_after=answer.retry_after)
        case Answered():
            return current.answered(answer.raw, now)
        case Declined():
            return current.declined(now)
        case Expired():
            return current.expired(now)
        case Failed():
            return current.failed(answer.reason, now, answer.digest)
        case Unreachable():
            return current.unreachable(now, answer.retry_after, chance)
    assert_never(answer)


async def _view(tables: Tables, enrolment: Enrolment) -> EnrolmentView:
    if enrolment.member is None:
        return EnrolmentView.of(enrolment, None)
    member = await tables.members.today(enrolment.club, enrolment.member)
    return EnrolmentView.of(enrolment, member, await tables.linkings.of_enrolment(enrolment.club, enrolment.id))


async def _announce(
    tx: Tables, changed: Sequence[Enrolment], now: datetime, drafts: Sequence[noticing.Draft] = ()
) -> None:
    """Put them on the screen of every station that follows, in the transaction that changed them.

    Station by station, in their order: an event holds its station's row until the commit. Then what endpoints hear.
    """
    lines = []
    for enrolment in changed:
        view = await _view(tx, enrolment)
        lines += [(station, enrolment, view) for station in await tx.enrolments.followers(enrolment)]
    for station, enrolment, view in sorted(lines, key=lambda line: line[0]):
        await tx.events.add(enrolment.club, station, view, now)
    for enrolment in sorted(changed, key=lambda one: one.club):
        over = [] if enrolment.is_open else [noticing.finished(enrolment)]
        await noticing.write(tx, enrolment.club, [*drafts, *over], now)
