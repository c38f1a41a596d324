"""A standard provider calls: with a token that was made for one question."""

import asyncio
import base64
from datetime import timedelta

import pytest

from fakes import settle
from medlem.club.errors import UnverifiedWebhook
from medlem.club.masked import Masked
from medlem.flows import enrolment, pings, retention
from shop import KARI, OLA, Shop


async def asked(shop: Shop) -> tuple[str, Masked[str], Masked[str]]:
    shop.platform.calls_back = True
    shop.kari()
    view = await shop.invite()
    [(request, token)] = shop.platform.tokens.items()
    return view.id, Masked(request), Masked(token)


def test_a_token_is_long_and_never_the_same() -> None:
    tokens = {pings.notification_token().reveal() for _ in range(1000)}
    assert len(tokens) == 1000
    for token in tokens:
        assert len(base64.urlsafe_b64decode(token + "=")) * 8 >= 160
        assert len(token) <= 1024


async def test_vipps_mobilepay_is_given_no_token(shop: Shop) -> None:
    shop.kari()
    await shop.invite()
    assert shop.platform.tokens == {}


async def test_the_token_is_written_before_anybody_is_asked(shop: Shop) -> None:
    shop.platform.calls_back = True
    shop.kari()
    shop.platform.gate = asyncio.Event()
    found = await shop.identify()
    await enrolment.start(shop.ports, shop.station, found.id)
    await settle()
    [(_, token)] = shop.platform.tokens.items()
    assert await pings.known(shop.ports, shop.club.id, Masked(token))
    shop.platform.gate.set()
    await shop.ports.errands.finish()


async def test_after_a_ping_the_interval_no_longer_counts_and_without_an_answer_it_does_again(shop: Shop) -> None:
    wanted, request, token = await asked(shop)
    await shop.clock.turn(1)
    await pings.notified(shop.ports, shop.club.id, token, request)
    assert await shop.work() == 1
    assert await shop.work() == 0
    shop.platform.approve(KARI)
    await shop.wait(11)  # nobody pings twice: the poll finds it
    assert (await shop.show(wanted)).state == "accepted"


async def test_a_ping_that_never_comes_is_made_up_for_by_polling(shop: Shop) -> None:
    wanted, _, _ = await asked(shop)
    shop.platform.approve(KARI)
    await shop.wait(6)
    assert (await shop.show(wanted)).state == "accepted"
    assert shop.platform.early_polls == 0


async def test_a_ping_and_a_poll_at_once_redeem_once(shop: Shop) -> None:
    wanted, request, token = await asked(shop)
    shop.platform.approve(KARI)
    await shop.clock.turn(6)
    await asyncio.gather(
        shop.work(),
        *(pings.notified(shop.ports, shop.club.id, token, request) for _ in range(3)),
        shop.work(),
    )
    await shop.wait(3)
    assert (await shop.show(wanted)).state == "accepted"
    assert shop.platform.polls[request.reveal()] == 1


async def test_a_token_of_another_question_wakes_nothing(shop: Shop) -> None:
    _, request, _ = await asked(shop)
    shop.platform.person(OLA)
    await shop.invite(OLA)
    others = Masked(list(shop.platform.tokens.values())[1])
    with pytest.raises(UnverifiedWebhook):
        await pings.notified(shop.ports, shop.club.id, others, request)
    assert await shop.work() == 0


async def test_a_token_is_known_for_a_day(shop: Shop) -> None:
    _, request, token = await asked(shop)
    await shop.clock.turn(timedelta(hours=23).total_seconds())
    await retention.tidy(shop.ports)
    await pings.notified(shop.ports, shop.club.id, token, request)
    await shop.clock.turn(timedelta(hours=2).total_seconds())
    await retention.tidy(shop.ports)
    assert not await pings.known(shop.ports, shop.club.id, token)


async def test_a_ping_comes_for_a_no_as_well_and_carries_no_answer(shop: Shop) -> None:
    wanted, request, token = await asked(shop)
    shop.platform.decline(KARI)
    await pings.notified(shop.ports, shop.club.id, token, request)
    assert (await shop.show(wanted)).state == "waiting"
    await shop.work()
    assert (await shop.show(wanted)).state == "declined"


async def test_no_ping_is_owed_for_expiry(shop: Shop) -> None:
    wanted, _, _ = await asked(shop)
    await shop.wait(187)
    assert (await shop.show(wanted)).state == "expired"
