"""The register's trial, small; the full one is `make register-trial`. And its judges, each shown a thief."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from medlem.flows import proofs
from postgres import cluster
from trials.register import cellar, judge, office, tampering
from trials.register.house import open_house
from trials.register.people import Town
from trials.register.shrinking import shrink
from trials.register.state import BrokenRule, Trial
from trials.register.world import Plan, live, one_step

MET = (
    "login: joined",
    "login: same_number",
    "login: number_changed",
    "login: number_moved",
    "login: entry_found",
    "login: entry_confirmed",
    "login: entry_not_matched",
    "looked up: choose",
    "looked up: compare_name",
    "looked up: confirm_number",
    "entered: erased before",
    "a yes of somebody erased since",
    "erased again after a restore",
    "erased for being inactive",
    "undoing: undone",
    "undoing: newer",
    "sharing ended",
    "tampered with, and found",
)
"""What a trial that says anything has met."""


async def test_nobody_is_ever_somebody_else_or_comes_back() -> None:
    lived = await live(Plan(seed=1, people=250, steps=2600, years=3, nights=100, flips=120))
    assert (lived.what, lived.histories) == ("", [])
    assert {what for what in MET if not lived.counts.get(what)} == set()


async def test_nor_on_postgresql() -> None:
    server = cluster().url("x").rpartition("/")[0]
    lived = await live(Plan(3, 40, 160, years=2, database=server, nights=12, audits=3, backups=3, flips=20))
    assert (lived.what, lived.histories) == ("", [])


Spoil = Callable[[Trial], Awaitable[None]]
SPOILS: list[tuple[str, Spoil]] = []


def breaks(rule: str) -> Callable[[Spoil], Spoil]:
    """What it does breaks that rule."""

    def kept(spoil: Spoil) -> Spoil:
        SPOILS.append((rule, spoil))
        return spoil

    return kept


def some(trial: Trial, *, erased: bool = False) -> str:
    return next(one.id for one in trial.books.accounts.values() if (one.erased_at is not None) == erased)


@breaks("register")
async def a_number_that_reaches_another(trial: Trial) -> None:
    link = next(links[0] for links in trial.books.links.values() if links)
    await trial.house.raw.run(f"update phone_link set phone = '4749999999' where phone = '{link.number}'")  # noqa: S608 - our own


@breaks("register")
async def a_number_that_nobody_has_any_more(trial: Trial) -> None:
    await trial.house.raw.run("delete from phone_link where ended_at is null")


@breaks("register")
async def a_name_under_another_membership(trial: Trial) -> None:
    await trial.house.raw.run(f"update member set given_name = 'Kari00000' where id = '{some(trial)}'")  # noqa: S608 - our own


@breaks("resurrected")
async def a_profile_that_came_back(trial: Trial) -> None:
    await trial.house.raw.run(f"update member set name = 'Kari' where id = '{some(trial, erased=True)}'")  # noqa: S608 - our own


@breaks("resurrected")
async def a_trace_in_some_other_table(trial: Trial) -> None:
    gone = next(human for human in trial.town.people if human.sub not in trial.books.subs)
    await trial.house.raw.run(f"update station set name = 'Till of {gone.sub}'")  # noqa: S608 - our own


@breaks("records")
async def a_yes_that_nobody_gave(trial: Trial) -> None:
    account = trial.books.accounts[some(trial)]
    account.say("email", "May we?", granted=True, given_at=None, now=trial.house.clock.now(), by=None)


@breaks("broken chain")
async def a_byte_that_was_changed(trial: Trial) -> None:
    await trial.house.raw.without_guards()
    await trial.house.raw.run(f"update consent set station = 'x' where member = '{some(trial)}'")  # noqa: S608 - our own


@breaks("notices")
async def a_change_of_which_nobody_heard(trial: Trial) -> None:
    trial.expect("member.updated", some(trial))


@breaks("notices")
async def a_version_that_goes_back(trial: Trial) -> None:
    account = trial.books.accounts[some(trial)]
    trial.versions[account.id] = 10**9
    await office.restrict(trial, account)


@breaks("retention")
async def somebody_who_was_active_and_is_erased(trial: Trial) -> None:
    await trial.house.raw.run(f"update member set erased_at = 1 where id = '{some(trial)}'")  # noqa: S608 - our own


@breaks("duplicate")
async def a_member_number_given_again(trial: Trial) -> None:
    trial.issue(trial.books.accounts[some(trial)])


async def spoiled(trial: Trial, spoil: Spoil, walk: proofs.Walk) -> None:
    await spoil(trial)
    await judge.notices(trial)
    await cellar.audit(trial, walk)


@pytest.mark.parametrize(("rule", "spoil"), SPOILS, ids=lambda one: one if isinstance(one, str) else one.__name__)
async def test_the_judge_finds(rule: str, spoil: Spoil) -> None:
    async with open_house("sqlite") as house:
        trial, walk = Trial(5, house, Town(5, 20)), proofs.Walk()
        for step in range(80):
            await one_step(trial, step, 3600)
        await office.erase(trial)
        await judge.notices(trial)
        await cellar.audit(trial, walk)
        with pytest.raises(BrokenRule) as broken:
            await spoiled(trial, spoil, walk)
        assert broken.value.rule == rule


async def test_a_tampering_that_nobody_finds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_house("sqlite") as house:
        trial = Trial(5, house, Town(5, 20))
        for step in range(30):
            await one_step(trial, step, 3600)
        monkeypatch.setattr("medlem.flows.proving.follow", lambda *_, **__: None)
        with pytest.raises(BrokenRule, match="nobody found"):
            await tampering.try_all(trial, 5)


def test_a_failure_is_made_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medlem.flows.sharing.noticing.member_changed", _says_nothing)
    plan = Plan(5, people=20, steps=150, years=1, nights=5, audits=1, backups=1, flips=0)
    lived = asyncio.run(live(plan))
    assert lived.broken == "notices"
    short = shrink(lived, seconds=10)
    assert (short.broken, short.step) == (lived.broken, lived.step)
    assert short.step - len(short.plan.left_out) < lived.step / 2


async def _says_nothing(*_: object) -> None: ...
