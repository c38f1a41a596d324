"""Members whom no till has found for long go, after a list, a notice and an operator's word."""

from dataclasses import replace
from datetime import timedelta

import pytest

from medlem.club.errors import NotFound
from medlem.club.member import Member, Profile
from medlem.club.rights import ErasedBecause, RestrictedBecause
from medlem.flows import inactivity, membership, proofs, proving, rights, scan
from medlem.flows.inactivity import Done, NothingToConfirm
from medlem.flows.inactivity_table import Listed
from medlem.flows.keeping import Keeping
from shop import KARI, OLA, Shop

DAY = 86_400
TWO_YEARS = 730 * DAY
MONTH = 30 * DAY


async def enter(shop: Shop, msisdn: str = KARI) -> Member:
    return (await membership.enter(shop.ports, shop.club, f"+{msisdn}", Profile(name="Kari Nordmann"))).member


async def test_nobody_goes_before_an_operator_has_confirmed(shop: Shop) -> None:
    await enter(shop)
    await shop.clock.turn(4 * TWO_YEARS)
    for _ in range(3):
        assert await inactivity.enforce(shop.ports) == Done(0, 0)
        await shop.clock.turn(2 * MONTH)
    assert (await shop.identify()).membership == "member"


async def test_a_preview_tells_how_many_by_age_and_changes_nothing(shop: Shop) -> None:
    await enter(shop)
    await shop.clock.turn(TWO_YEARS)
    await enter(shop, OLA)
    await shop.clock.turn(TWO_YEARS + 1)
    for _ in range(2):
        seen = await inactivity.preview(shop.ports, shop.club)
        assert (seen.ages, seen.listed, seen.enforced) == ({2: 1, 4: 1}, Listed(0, 0), False)


async def test_who_is_too_old_is_listed_first_and_erased_when_the_notice_has_run_out(shop: Shop) -> None:
    member = await enter(shop)
    await inactivity.confirm(shop.ports, shop.club)
    await shop.clock.turn(TWO_YEARS)
    assert await inactivity.enforce(shop.ports) == Done(0, 0)
    await shop.clock.turn(1)
    assert await inactivity.enforce(shop.ports) == Done(1, 0)
    assert (await inactivity.preview(shop.ports, shop.club)).listed == Listed(1, 0)
    await shop.clock.turn(MONTH)
    assert await inactivity.enforce(shop.ports) == Done(0, 0)
    await shop.clock.turn(1)
    assert (await inactivity.preview(shop.ports, shop.club)).listed == Listed(0, 1)
    assert await inactivity.enforce(shop.ports) == Done(0, 1)
    with pytest.raises(NotFound):
        await membership.get(shop.ports, shop.club, member.id)
    [right] = await shop.storage.reading.rights.exercised(shop.club.id, member.id)
    assert (right.reason, right.by) == ("inactive", "retention")


async def test_who_comes_to_a_till_during_the_notice_stays(shop: Shop) -> None:
    member = await enter(shop)
    await inactivity.confirm(shop.ports, shop.club)
    await shop.clock.turn(TWO_YEARS + 1)
    assert await inactivity.enforce(shop.ports) == Done(1, 0)
    assert (await shop.identify()).membership == "member"
    await shop.clock.turn(MONTH + 1)
    assert await inactivity.enforce(shop.ports) == Done(0, 0)
    assert (await inactivity.preview(shop.ports, shop.club)).listed == Listed(0, 0)
    await membership.get(shop.ports, shop.club, member.id)


async def test_a_restricted_member_is_left_alone_however_old(shop: Shop) -> None:
    member = await enter(shop)
    await inactivity.confirm(shop.ports, shop.club)
    await rights.restrict(shop.ports, shop.club, member.id, RestrictedBecause.NEEDED_FOR_CLAIMS, "key_test")
    await shop.clock.turn(2 * TWO_YEARS)
    assert await inactivity.enforce(shop.ports) == Done(0, 0)
    await rights.lift(shop.ports, shop.club, member.id, "key_test")
    assert await inactivity.enforce(shop.ports) == Done(1, 0)


async def test_settings_that_erase_sooner_want_to_be_confirmed_anew(shop: Shop) -> None:
    await enter(shop)
    await inactivity.confirm(shop.ports, shop.club)
    sooner = replace(shop.ports, keeping=Keeping(inactive_after=timedelta(days=365)))
    await shop.clock.turn(366 * DAY)
    assert await inactivity.enforce(sooner) == Done(0, 0)
    assert not (await inactivity.preview(sooner, shop.club)).enforced
    await inactivity.confirm(sooner, shop.club)
    assert await inactivity.enforce(sooner) == Done(1, 0)
    assert (await inactivity.preview(shop.ports, shop.club)).enforced


async def test_retention_that_is_off_erases_nobody(shop: Shop) -> None:
    await enter(shop)
    await inactivity.confirm(shop.ports, shop.club)
    off = replace(shop.ports, keeping=Keeping(inactive_after=None))
    await shop.clock.turn(4 * TWO_YEARS)
    assert await inactivity.enforce(off) == Done(0, 0)
    with pytest.raises(NothingToConfirm):
        await inactivity.confirm(off, shop.club)


async def test_who_has_logged_in_or_was_chosen_by_a_cashier_was_seen(shop: Shop) -> None:
    sub = shop.kari().sub
    await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(6)
    entry = (
        await membership.enter(shop.ports, shop.club, f"+{KARI}", Profile(name="Per Nordmann"), shared=True)
    ).member
    await inactivity.confirm(shop.ports, shop.club)
    await shop.clock.turn(TWO_YEARS + 60)
    assert await inactivity.enforce(shop.ports) == Done(2, 0)
    shop.platform.person(OLA).sub = sub  # with another number, so no till finds her first
    await shop.invite(OLA)
    shop.platform.approve(OLA)
    await shop.wait(6)
    await membership.enter(shop.ports, shop.club, f"+{KARI}", Profile(name="Anne Nordmann"), shared=True)
    found = await shop.identify()
    assert found.doubt == "choose"
    await scan.choose(shop.ports, shop.station, found.id, entry.id)
    await shop.clock.turn(MONTH + 60)
    assert await inactivity.enforce(shop.ports) == Done(0, 0)


async def test_many_go_a_few_at_a_time(shop: Shop) -> None:
    for last in range(25):
        await enter(shop, f"47400001{last:02}")
    await inactivity.confirm(shop.ports, shop.club)
    await shop.clock.turn(TWO_YEARS + 1)
    assert await inactivity.enforce(shop.ports) == Done(25, 0)
    await shop.clock.turn(MONTH + 1)
    assert [(await inactivity.enforce(shop.ports)).erased for _ in range(4)] == [10, 10, 5, 0]


async def test_a_proof_goes_when_its_time_is_over_and_the_chain_of_what_is_left_holds(shop: Shop) -> None:
    kari, ola = await enter(shop), await enter(shop, OLA)
    for member in (kari, ola):
        await membership.leave(shop.ports, shop.club, member.id)
    because = ErasedBecause.ASKED_BY_MEMBER
    await rights.erase(shop.ports, shop.club, kari.id, reason=because, requested_at=None, by="key_test")
    walk, reading = proofs.Walk(), shop.storage.reading
    length = len((await reading.consents.chain(shop.club.id, kari.id)).rows)
    assert length > 0
    await shop.clock.turn(1095 * DAY - 1)
    assert [await proofs.forget(shop.ports, walk) for _ in range(2)] == [0, 0]
    await shop.clock.turn(1)
    assert sum([await proofs.forget(shop.ports, walk) for _ in range(4)]) == 1
    assert not await reading.rights.proves(shop.club.id, kari.id)
    assert await reading.rights.proves(shop.club.id, ola.id)
    emptied = await reading.consents.chain(shop.club.id, kari.id)
    assert [row["wording"] for row in emptied.rows] == [""] * length
    verdict = await proving.verify(shop.ports, shop.club)
    assert verdict.holds
    assert verdict.emptied == length
