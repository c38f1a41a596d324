"""Webhooks out: what happens is told to the merchant's endpoints, in its order, until it is heard."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from medlem.club.consent import Actor, Method
from medlem.club.endpoint import PATIENCE, WANTED, Attempt, Endpoint, NoticeKind, NoticeState, Paused
from medlem.club.errors import InvalidRequest, NotFound
from medlem.club.ids import key_id
from medlem.club.member import AlreadyMember, ConsentAnswer, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.rights import ErasedBecause, RestrictedBecause
from medlem.flows import membership, outbox, retention, rights, sharing
from medlem.flows.recording import Said, record
from medlem.worker import Worker
from shop import KARI, OLA, Shop

URL = "https://crm.example.org/hooks"
OTHER = "https://mail.example.org/hooks"
DOWN = Attempt(500, "refused")


async def listen(shop: Shop, url: str = URL, *kinds: NoticeKind) -> Endpoint:
    return await outbox.add_endpoint(shop.ports, shop.club.id, url, frozenset(kinds or WANTED))


async def enter(shop: Shop, number: int = 11) -> str:
    entered = await membership.enter(shop.ports, shop.club, f"+47400000{number}", Profile())
    return entered.member.id


async def tell(shop: Shop) -> int:
    """Tell what is due; how many endpoints were."""
    claimed = await outbox.claim(shop.ports, 10)
    for endpoint in claimed:
        await outbox.tell(shop.ports, endpoint)
    return len(claimed)


async def now_of(shop: Shop, endpoint: Endpoint) -> Endpoint:
    return await outbox.endpoint(shop.ports, shop.club.id, endpoint.id)


def told(shop: Shop, url: str = URL) -> list[dict[str, Any]]:
    return [json.loads(notice.body) for notice in shop.messenger.heard[url]]


def types(shop: Shop, url: str = URL) -> list[str]:
    return [one["type"] for one in told(shop, url)]


async def join(shop: Shop, msisdn: str = KARI) -> None:
    await shop.invite(msisdn)
    shop.platform.approve(msisdn)
    await shop.wait(6)


async def test_who_joins_is_told_with_consents_and_the_end_of_the_question(shop: Shop) -> None:
    await listen(shop)
    kari = shop.kari()
    kari.consents = (ConsentAnswer(element="offers", text="Offers?", granted=True, given_at=shop.clock.now()),)
    await join(shop)
    await tell(shop)
    created, consent, finished = told(shop)
    assert (created["type"], created["data"]["present"], created["data"]["version"]) == ("member.created", True, 1)
    assert created["timestamp"].endswith("Z")
    member = created["data"]["member"]
    assert consent["type"] == "consent.changed"
    assert (consent["data"]["member"], consent["data"]["element"], consent["data"]["granted"]) == (
        member,
        "offers",
        True,
    )
    assert finished["type"] == "enrolment.finished"
    assert (finished["data"]["state"], finished["data"]["member"]) == ("accepted", member)
    assert finished["data"]["station"] == shop.station.id


async def test_nothing_of_a_person_is_told(shop: Shop) -> None:
    await listen(shop)
    shop.kari()
    await join(shop)
    await tell(shop)
    text = json.dumps(told(shop))
    assert told(shop)
    for theirs in (KARI, KARI[2:], "Kari", "Nordmann", "@"):
        assert theirs not in text


async def test_who_comes_again_is_updated_and_so_is_who_loses_the_number(shop: Shop) -> None:
    await listen(shop)
    shop.kari()
    await join(shop)
    per = shop.platform.person(OLA, "Per Hansen")
    per.phone_claim = PhoneNumber(KARI)
    await join(shop, OLA)
    await tell(shop)
    first, _, lost, second, _ = told(shop)
    assert [one["type"] for one in (first, lost, second)] == ["member.created", "member.updated", "member.created"]
    assert lost["data"]["member"] == first["data"]["member"]
    assert lost["data"]["version"] == 2


@pytest.mark.parametrize("how", ["declines", "never answers"])
async def test_a_question_that_ends_without_a_member_is_told_too(shop: Shop, how: str) -> None:
    await listen(shop)
    shop.kari()
    await shop.invite()
    if how == "declines":
        shop.platform.decline(KARI)
    await shop.wait(260)
    await tell(shop)
    [finished] = told(shop)
    assert finished["type"] == "enrolment.finished"
    assert finished["data"]["state"] == ("declined" if how == "declines" else "expired")
    assert finished["data"]["member"] is None


async def test_who_leaves_and_who_ends_sharing_is_told(shop: Shop) -> None:
    await listen(shop)
    shop.kari()
    await join(shop)
    member = (await membership.look_up(shop.ports, shop.club, f"+{KARI}"))[0].member
    address = await sharing.address(shop.ports, shop.club.id)
    await shop.clock.turn(400)
    await sharing.withdraw(shop.ports, address, sharing.Withdrawal(member.sub or "", None))
    await membership.leave(shop.ports, shop.club, member.id)
    await membership.leave(shop.ports, shop.club, member.id)
    await tell(shop)
    assert types(shop) == ["member.created", "enrolment.finished", "member.updated", "member.left"]
    assert told(shop)[-1]["data"] == {"member": member.id, "present": False, "version": 3}


async def test_an_endpoint_hears_only_what_it_wants(shop: Shop) -> None:
    await listen(shop, URL, NoticeKind.MEMBER_LEFT)
    await listen(shop, OTHER, NoticeKind.MEMBER_CREATED, NoticeKind.MEMBER_LEFT)
    await membership.leave(shop.ports, shop.club, await enter(shop))
    await tell(shop)
    assert types(shop) == ["member.left"]
    assert types(shop, OTHER) == ["member.created", "member.left"]


async def test_a_change_that_is_taken_back_is_not_told(shop: Shop) -> None:
    await listen(shop)
    await enter(shop)
    with pytest.raises(AlreadyMember):
        await enter(shop)
    await tell(shop)
    assert types(shop) == ["member.created"]


async def test_one_that_does_not_hear_is_told_again_later_each_time_and_in_order(shop: Shop) -> None:
    endpoint = await listen(shop)
    first = await enter(shop)
    shop.messenger.deaf[URL] = DOWN
    pauses = []
    for _ in range(12):
        assert await tell(shop) == 1
        assert await tell(shop) == 0
        due = (await now_of(shop, endpoint)).due_at
        assert due is not None
        pauses.append((due - shop.clock.now()).total_seconds())
        await shop.clock.turn(pauses[-1])
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    second = await enter(shop, 12)
    del shop.messenger.deaf[URL]
    assert await tell(shop) == 1
    assert [one["data"]["member"] for one in told(shop)] == [first, second]
    assert (await now_of(shop, endpoint)).failing_since is None


async def test_one_says_when_it_wants_to_be_told_again(shop: Shop) -> None:
    await listen(shop)
    await enter(shop)
    shop.messenger.answers[URL].append(Attempt(503, "refused", timedelta(seconds=90)))
    await tell(shop)
    await shop.clock.turn(89)
    assert await tell(shop) == 0
    await shop.clock.turn(1)
    await tell(shop)
    assert types(shop) == ["member.created"]


async def test_after_three_days_a_notice_is_parked_and_the_next_is_told(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await listen(shop)
    await enter(shop, 11)
    shop.messenger.deaf[URL] = DOWN
    await tell(shop)
    await shop.clock.turn(PATIENCE.total_seconds())
    await enter(shop, 12)
    await tell(shop)
    assert "parked" in caplog.text
    [parked] = await shop.storage.reading.outbox.notices(endpoint, NoticeState.PARKED, None, 10)
    assert (parked.attempts, parked.status, parked.trouble) == (2, 500, "refused")
    del shop.messenger.deaf[URL]
    await tell(shop)
    assert types(shop) == ["member.created"]
    assert (await now_of(shop, endpoint)).paused is None


async def test_one_that_hears_nothing_for_three_days_is_paused_and_goes_on_where_it_stopped(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await listen(shop)
    members = [await enter(shop, 11), await enter(shop, 12)]
    shop.messenger.deaf[URL] = DOWN
    await tell(shop)
    await shop.clock.turn(PATIENCE.total_seconds())
    await tell(shop)  # parks the first
    await shop.clock.turn(1)
    async with shop.storage.transaction() as tx:  # and the second has its time still
        await tx.outbox.extend(endpoint, shop.clock.now())
    await tell(shop)
    found = await now_of(shop, endpoint)
    assert (found.paused, found.paused_at) == (Paused.FAILING, shop.clock.now())
    assert "paused until you resume it" in caplog.text
    members.append(await enter(shop, 13))
    await shop.clock.turn(3600)
    assert await tell(shop) == 0
    del shop.messenger.deaf[URL]
    await outbox.resume(shop.ports, shop.club.id, endpoint.id)
    await tell(shop)
    assert [one["data"]["member"] for one in told(shop)] == members[1:]


async def test_one_that_is_gone_is_paused_at_once_and_loses_nothing(shop: Shop) -> None:
    endpoint = await listen(shop)
    await enter(shop)
    shop.messenger.answers[URL].append(Attempt(410, "refused"))
    await tell(shop)
    assert (await now_of(shop, endpoint)).paused is Paused.GONE
    await shop.clock.turn(3600)
    assert await tell(shop) == 0
    await outbox.resume(shop.ports, shop.club.id, endpoint.id)
    await tell(shop)
    assert types(shop) == ["member.created"]


async def test_who_dies_after_the_call_has_told_and_the_next_tells_the_same_again(shop: Shop) -> None:
    await listen(shop)
    await enter(shop)
    [claimed] = await outbox.claim(shop.ports, 10)
    [notice] = await shop.storage.reading.outbox.waiting(claimed, 10)
    await shop.messenger.tell(claimed, notice, shop.clock.now())  # and here the process dies
    assert await tell(shop) == 0
    await shop.clock.turn(outbox.LEASE.total_seconds())
    assert await tell(shop) == 1
    first, again = shop.messenger.heard[URL]
    assert (first.id, first.body) == (again.id, again.body)
    assert await tell(shop) == 0


async def test_who_dies_before_the_call_has_told_nothing_and_nothing_is_lost(shop: Shop) -> None:
    await listen(shop)
    await enter(shop)
    await outbox.claim(shop.ports, 10)  # and here the process dies
    await shop.clock.turn(outbox.LEASE.total_seconds())
    await tell(shop)
    assert types(shop) == ["member.created"]


async def test_one_who_was_overtaken_writes_nothing(shop: Shop) -> None:
    endpoint = await listen(shop)
    await enter(shop)
    [slow] = await outbox.claim(shop.ports, 10)
    await shop.clock.turn(outbox.LEASE.total_seconds())
    [quick] = await outbox.claim(shop.ports, 10)
    shop.messenger.answers[URL].append(Attempt(410, "refused"))
    await outbox.tell(shop.ports, slow)
    assert (await now_of(shop, endpoint)).paused is None
    await outbox.tell(shop.ports, quick)
    assert types(shop) == ["member.created"]


async def test_a_round_ends_after_a_while_and_goes_on_at_once(shop: Shop) -> None:
    await listen(shop)
    for number in range(11, 11 + outbox.AT_ONCE + 3):
        await enter(shop, number)
    await tell(shop)
    assert len(told(shop)) == outbox.AT_ONCE
    assert await tell(shop) == 1
    assert len(told(shop)) == outbox.AT_ONCE + 3
    assert await tell(shop) == 0
    sequences = [notice.sequence for notice in shop.messenger.heard[URL]]
    assert sequences == sorted(sequences)


async def test_a_slow_endpoint_holds_up_neither_another_nor_the_till(shop: Shop) -> None:
    await listen(shop)
    await listen(shop, OTHER)
    answered = shop.messenger.hold(URL)
    closing = asyncio.Event()
    working = asyncio.create_task(Worker(shop.ports).run(closing))
    await shop.clock.turn(0)
    shop.kari()
    asked = await shop.invite()
    shop.platform.approve(KARI)
    for _ in range(40):
        await shop.clock.turn(0.5)
        await asyncio.sleep(0.001)
    assert (await shop.show(asked.id)).state == "accepted"
    assert types(shop, OTHER) == ["member.created", "enrolment.finished"]
    assert types(shop) == []
    answered.set()
    for _ in range(10):
        await shop.clock.turn(0.5)
        await asyncio.sleep(0.001)
    assert types(shop) == ["member.created", "enrolment.finished"]
    closing.set()
    await working


async def test_all_is_told_again_from_a_notice_or_a_moment_on(shop: Shop) -> None:
    endpoint = await listen(shop)
    for number in (11, 12, 13):
        await enter(shop, number)
        await shop.clock.turn(60)
    await tell(shop)
    _, second, third = list(shop.messenger.heard[URL])
    shop.messenger.heard.clear()
    where = (shop.ports, shop.club.id, endpoint.id)
    assert await outbox.tell_again(*where, outbox.Again(notice=second.id)) == 2
    await tell(shop)
    assert [notice.id for notice in shop.messenger.heard[URL]] == [second.id, third.id]
    assert await outbox.tell_again(*where, outbox.Again(since=third.happened_at)) == 1
    assert await outbox.tell_again(*where, outbox.Again(since=shop.clock.now())) == 0
    with pytest.raises(NotFound):
        await outbox.tell_again(*where, outbox.Again(notice="ntc_0"))


async def test_what_is_told_again_while_it_is_on_its_way_is_not_swallowed(shop: Shop) -> None:
    endpoint = await listen(shop)
    await enter(shop)
    [claimed] = await outbox.claim(shop.ports, 10)
    await outbox.tell_again(shop.ports, shop.club.id, endpoint.id, outbox.Again(since=shop.clock.now()))
    await outbox.tell(shop.ports, claimed)
    await tell(shop)
    assert types(shop) == ["member.created", "member.created"]


async def test_a_test_notice_is_heard_by_one_that_wants_something_else(shop: Shop) -> None:
    endpoint = await listen(shop, URL, NoticeKind.MEMBER_LEFT)
    await outbox.send_test(shop.ports, shop.club.id, endpoint.id)
    await tell(shop)
    assert [(one["type"], one["data"]) for one in told(shop)] == [("endpoint.test", {"endpoint": endpoint.id})]


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(shop: Shop) -> None:
    endpoint = await listen(shop)
    after = await outbox.rotate(shop.ports, shop.club.id, endpoint.id)
    kept = await now_of(shop, endpoint)
    now = shop.clock.now()
    assert kept.secrets(now) == (after.secret, endpoint.secret)
    assert kept.secrets(now + timedelta(hours=24)) == (after.secret,)
    again = await outbox.rotate(shop.ports, shop.club.id, endpoint.id)
    assert again.secrets(now) == (again.secret, after.secret)


async def test_a_removed_endpoint_hears_nothing_more(shop: Shop) -> None:
    endpoint = await listen(shop)
    await enter(shop, 11)
    await outbox.remove_endpoint(shop.ports, shop.club.id, endpoint.id)
    await enter(shop, 12)
    assert await tell(shop) == 0
    with pytest.raises(NotFound):
        await now_of(shop, endpoint)
    with pytest.raises(NotFound):
        await outbox.remove_endpoint(shop.ports, shop.club.id, endpoint.id)


async def test_one_that_is_removed_while_it_is_told_stays_so(shop: Shop) -> None:
    endpoint = await listen(shop)
    await enter(shop)
    [claimed] = await outbox.claim(shop.ports, 10)
    await outbox.remove_endpoint(shop.ports, shop.club.id, endpoint.id)
    await outbox.tell(shop.ports, replace(claimed))
    assert await shop.storage.reading.outbox.endpoints(shop.club.id) == []


async def test_nobody_may_have_endpoints_without_end_or_anywhere(shop: Shop) -> None:
    with pytest.raises(InvalidRequest):
        await listen(shop, "http://crm.example.org/")
    for number in range(outbox.MOST_ENDPOINTS):
        await listen(shop, f"https://crm.example.org/{number}")
    with pytest.raises(InvalidRequest):
        await listen(shop)


async def test_after_thirty_days_notices_go(shop: Shop) -> None:
    await listen(shop)
    await enter(shop)
    await tell(shop)
    await shop.clock.turn(retention.NOTICES.total_seconds())
    assert (await retention.tidy(shop.ports)).notices == 0
    await shop.clock.turn(1)
    assert (await retention.tidy(shop.ports)).notices == 1


async def test_who_is_restricted_and_who_is_erased_is_told_without_their_name(shop: Shop) -> None:
    await listen(shop)
    member = await enter(shop)
    await rights.restrict(shop.ports, shop.club, member, RestrictedBecause.ACCURACY_CONTESTED, "key_1")
    await rights.restrict(shop.ports, shop.club, member, RestrictedBecause.ACCURACY_CONTESTED, "key_1")
    await rights.lift(shop.ports, shop.club, member, "key_1")
    for _ in range(2):
        await rights.erase(
            shop.ports, shop.club, member, reason=ErasedBecause.ASKED_BY_MEMBER, requested_at=None, by="key_1"
        )
    await tell(shop)
    assert types(shop) == ["member.created", "member.updated", "member.updated", "member.erased"]
    assert told(shop)[-1]["data"] == {"member": member, "present": False, "version": 4}


async def test_a_consent_that_is_recorded_by_hand_is_told(shop: Shop) -> None:
    await listen(shop)
    member = await enter(shop)
    paper = Said(element="offers", granted=True, text="Offers?", method=Method.PAPER, actor=Actor.STAFF)
    await record(shop.ports, shop.club, member, paper, key_id(shop.clock.now()))
    await tell(shop)
    created, consent = told(shop)
    assert created["type"] == "member.created"
    assert (consent["type"], consent["data"]["element"], consent["data"]["granted"]) == (
        "consent.changed",
        "offers",
        True,
    )
