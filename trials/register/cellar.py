"""What is done with the machine: the night's work, retention, backups, and bringing one back."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Final

from medlem.flows import inactivity, proofs, retention, rights
from trials.register.books import INACTIVE_AFTER, NOTICE, Account
from trials.register.judge import everything
from trials.register.office import erased
from trials.register.state import Trial

DAY: Final = timedelta(days=1)
MOST_BACKUPS: Final = 4


async def night(trial: Trial, walk: proofs.Walk) -> None:
    """What a worker does by itself: sweeping, forgetting, erasing whom nobody has seen for long."""
    house = trial.house
    await house.work()
    await rights.sweep(house.ports)
    await retention.tidy(house.ports)
    await proofs.forget(house.ports, walk)
    while (done := await inactivity.enforce(house.ports)).flagged or done.erased:
        pass
    await _erased_by_retention(trial)


async def _erased_by_retention(trial: Trial) -> None:
    """Whoever was erased was due, and whoever is due is on the list at least."""
    now = trial.house.clock.now()
    raw = trial.house.raw
    gone = {row["id"] for row in await raw.rows("select id from member where erased_at is not null")}
    listed = {row["id"] for row in await raw.rows("select id from member where flagged_at is not null")}
    for account in trial.books.live():
        if account.id in gone:
            if account.restricted or account.active_at > now - INACTIVE_AFTER - NOTICE + DAY:
                what = (
                    f"{account.id} was active at {account.active_at}, restricted: {account.restricted}, and is erased"
                )
                raise trial.fail("retention", what, account)
            erased(trial, account)
            trial.counts["erased for being inactive"] += 1
        elif _overdue(account, now) and account.id not in listed:
            raise trial.fail(
                "retention", f"{account.id} was active at {account.active_at}, and is not on the list", account
            )


def _overdue(account: Account, now: datetime) -> bool:
    return not account.restricted and account.active_at < now - INACTIVE_AFTER - DAY


async def audit(trial: Trial, walk: proofs.Walk) -> None:
    """A day later, when what is kept for a day is gone: compare everything."""
    await trial.house.clock.turn(DAY.total_seconds() + 7200)
    await night(trial, walk)
    await everything(trial)


async def back_up(trial: Trial) -> None:
    """Take a backup, and remember what was true then."""
    name = f"backup{len(trial.backups)}_{trial.step}"
    await trial.house.take_backup(name)
    trial.backups.append((name, deepcopy(trial.books), trial.house.clock.now()))
    while len(trial.backups) > MOST_BACKUPS:
        await trial.house.drop_backup(trial.backups.pop(0)[0])
    trial.counts["backups"] += 1


async def restore(trial: Trial) -> None:
    """Bring some backup back: what came after it is gone, but for who was erased."""
    if not trial.backups:
        return
    since = trial.chance.randrange(len(trial.backups))
    name, kept, taken_at = trial.backups[since]
    del trial.backups[since + 1 :]  # they were never taken, as far as the register knows
    was, books = trial.books, deepcopy(kept)
    await trial.house.bring_back(name, taken_at)
    for account in was.accounts.values():
        if account.erased_at is None or account.id not in books.accounts:
            continue
        here = books.accounts[account.id]
        if here.erased_at is None:
            books.erase(here, account.erased_at, again=True)
            trial.note("erased again after a restore", account)
            trial.counts["erased again after a restore"] += 1
    for sub, at in was.erased_subs.items():
        books.erased_subs[sub] = max(at, books.erased_subs.get(sub, at))
    for number, at in was.erased_numbers.items():
        books.erased_numbers[number] = max(at, books.erased_numbers.get(number, at))
    trial.books = books
    trial.counts["restores"] += 1
    [last] = await trial.house.raw.rows("select coalesce(max(sequence), 0) as heard from notice")
    trial.heard = int(last["heard"])
