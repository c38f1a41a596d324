"""`medlem retention`: what the settings would remove, an operator's word that members may go, and what was counted."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.config import Settings, load
from medlem.flows import attempts, inactivity
from medlem.flows.attempts import Preview as Past
from medlem.flows.attempts_table import Counted
from medlem.flows.inactivity import NothingToConfirm, Preview
from medlem.flows.inactivity_table import Confirmed

MOST: Final = 1000
A_YEAR: Final = timedelta(days=365)
OFF: Final = "MEDLEM_MEMBER_INACTIVE_AFTER is off: no member is ever erased for being inactive."


@click.group("retention")
def command() -> None:
    """Members whom no till has found for long, and attempts that are long past."""


@command.command("preview")
@click.option("--list", "listed", is_flag=True, help=f"Name the ids on the list of those to be erased, {MOST} at most.")
@club_option
@config_option
@json_option
def preview(*, listed: bool, club: str | None, config: Path | None, as_json: bool) -> None:
    """Show how many members and attempts would go, and when; changes nothing."""
    log_to_stderr(quiet=True)
    seen, members, past = asyncio.run(_preview(load(config), club, listed))
    content: dict[str, object] = {
        "inactive_after_days": None if seen.inactive_after is None else seen.inactive_after / timedelta(days=1),
        "notice_days": seen.notice / timedelta(days=1),
        "confirmed_at": None if seen.confirmed is None else _spelt(seen.confirmed.at),
        "enforced": seen.enforced,
        "to_be_listed": [{"years": years, "members": many} for years, many in seen.ages.items()],
        "listed": {"warned": seen.listed.warned, "due": seen.listed.due},
        "attempts": {
            "kept_days": None if past.kept_for is None else past.kept_for / timedelta(days=1),
            "ended": {"kept": past.ended.kept, "due": past.ended.due},
            "unasked": {"kept": past.unasked.kept, "due": past.unasked.due},
            "next_at": None if past.next_at is None else _spelt(past.next_at),
        },
    }
    if listed:
        content["members"] = [{"id": member, "since": _spelt(since)} for member, since in members]
    answer(content, f"{_in_words(seen, members)}\n{_past_in_words(past)}", as_json=as_json)


@command.command("attempts")
@click.option(
    "--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="The first day, in UTC; a year ago if left out."
)
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; else today.")
@club_option
@config_option
@json_option
def counted(
    *, since: datetime | None, until: datetime | None, club: str | None, config: Path | None, as_json: bool
) -> None:
    """Show how many attempts there were, by day, store and outcome: those that are past and were counted."""
    log_to_stderr(quiet=True)
    rows = asyncio.run(_counted(load(config), club, since, until))
    content = [
        {"day": one.day.isoformat(), "store": one.store, "outcome": one.outcome, "many": one.many} for one in rows
    ]
    lines = [f"{one.day}  {one.store}  {one.many:>7}  {one.outcome}" for one in rows]
    answer({"attempts": content}, "\n".join(lines) or "Nothing of those days was counted.", as_json=as_json)


@command.command("confirm")
@club_option
@config_option
@json_option
def confirm(*, club: str | None, config: Path | None, as_json: bool) -> None:
    """Let the worker erase them, under the settings as they are. Look at the preview first.

    Once is enough; settings that erase sooner than these want it anew.
    """
    log_to_stderr()
    try:
        confirmed = asyncio.run(_confirm(load(config), club))
    except NothingToConfirm:
        raise click.ClickException(OFF) from None
    days = confirmed.inactive_after / timedelta(days=1)
    answer(
        {"confirmed_at": _spelt(confirmed.at), "inactive_after_days": days},
        f"Members whom no till finds for {days:g} days are listed from now on, and erased after their notice.",
        as_json=as_json,
    )


def _in_words(seen: Preview, members: list[tuple[str, datetime]]) -> str:
    if seen.inactive_after is None:
        return OFF
    lines = [f"Not found by any till for {seen.inactive_after / timedelta(days=1):g} days:"]
    lines += [f"  {many:>9}  for {years} years" for years, many in seen.ages.items()] or ["  nobody who is not listed"]
    lines += [
        f"  {seen.listed.warned:>9}  listed, notice of {seen.notice / timedelta(days=1):g} days still runs",
        f"  {seen.listed.due:>9}  listed, to be erased now",
    ]
    lines += [f"{member}  listed {since:%Y-%m-%d}" for member, since in members]
    if not seen.enforced:
        lines.append("Nothing of this is done before `medlem retention confirm`.")
    return "\n".join(lines)


def _past_in_words(past: Past) -> str:
    if past.kept_for is None:
        return "MEDLEM_ATTEMPTS_KEPT is off: attempts that made nobody a member are kept for ever."
    lines = [
        f"Attempts that made nobody a member are counted after {past.kept_for / timedelta(days=1):g} days, and go:",
        f"  {past.ended.due:>9}  questions now, of {past.ended.kept}",
        f"  {past.unasked.due:>9}  looks that led to no question now, of {past.unasked.kept}",
    ]
    if past.next_at is not None:
        lines.append(f"The oldest goes {past.next_at:%Y-%m-%d %H:%M} UTC.")
    return "\n".join(lines)


def _spelt(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def _preview(
    settings: Settings,
    club: str | None,
    listed: bool,  # noqa: FBT001 - it is passed on from the option of that name
) -> tuple[Preview, list[tuple[str, datetime]], Past]:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        seen = await inactivity.preview(house.ports, whose)
        members = await house.ports.storage.reading.inactivity.flagged(whose.id, MOST) if listed else []
        past = await attempts.preview(house.ports, whose)
        return seen, [(str(member), since) for member, since in members], past


async def _counted(
    settings: Settings, club: str | None, since: datetime | None, until: datetime | None
) -> Sequence[Counted]:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        last = until.date() if until else house.ports.clock.now().date()
        first = since.date() if since else last - A_YEAR
        return await house.ports.storage.reading.attempts.counted(whose.id, first, last + timedelta(days=1))


async def _confirm(settings: Settings, club: str | None) -> Confirmed:
    async with open_house(settings) as house:
        return await inactivity.confirm(house.ports, await house.clubs.named(club))
