"""`medlem retention`: whom the settings would erase for being inactive, and an operator's word that it may be done."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.config import Settings, load
from medlem.flows import inactivity
from medlem.flows.inactivity import NothingToConfirm, Preview
from medlem.flows.inactivity_table import Confirmed

MOST: Final = 1000
OFF: Final = "MEDLEM_MEMBER_INACTIVE_AFTER is off: no member is ever erased for being inactive."


@click.group("retention")
def command() -> None:
    """Members whom no till has found for long."""


@command.command("preview")
@click.option("--list", "listed", is_flag=True, help=f"Name the ids on the list of those to be erased, {MOST} at most.")
@club_option
@config_option
@json_option
def preview(*, listed: bool, club: str | None, config: Path | None, as_json: bool) -> None:
    """Show how many members would go, by age; changes nothing."""
    log_to_stderr(quiet=True)
    seen, members = asyncio.run(_preview(load(config), club, listed))
    content: dict[str, object] = {
        "inactive_after_days": None if seen.inactive_after is None else seen.inactive_after / timedelta(days=1),
        "notice_days": seen.notice / timedelta(days=1),
        "confirmed_at": None if seen.confirmed is None else _spelt(seen.confirmed.at),
        "enforced": seen.enforced,
        "to_be_listed": [{"years": years, "members": many} for years, many in seen.ages.items()],
        "listed": {"warned": seen.listed.warned, "due": seen.listed.due},
    }
    if listed:
        content["members"] = [{"id": member, "since": _spelt(since)} for member, since in members]
    answer(content, _in_words(seen, members), as_json=as_json)


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


def _spelt(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def _preview(
    settings: Settings,
    club: str | None,
    listed: bool,  # noqa: FBT001 - it is passed on from the option of that name
) -> tuple[Preview, list[tuple[str, datetime]]]:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        seen = await inactivity.preview(house.ports, whose)
        members = await house.ports.storage.reading.inactivity.flagged(whose.id, MOST) if listed else []
        return seen, [(str(member), since) for member, since in members]


async def _confirm(settings: Settings, club: str | None) -> Confirmed:
    async with open_house(settings) as house:
        return await inactivity.confirm(house.ports, await house.clubs.named(club))
