"""`medlem register`: what a merchant's own register has yet to hear or would not have, and telling it again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from medlem.app import House, open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.announcement import Announcement
from medlem.club.place import Club
from medlem.config import Settings, load
from medlem.flows import announcing
from medlem.flows.announcing import ToldAgain

MOST: Final = 1000


@click.group("register")
def command() -> None:
    """A merchant's own register, and what it is told of members."""


@command.command("list")
@club_option
@config_option
@json_option
def list_(*, club: str | None, config: Path | None, as_json: bool) -> None:
    """List what the register turned down, and what it has yet to hear. Names members by their ids alone."""
    log_to_stderr(quiet=True)
    refused, waiting, many = asyncio.run(_list(load(config), club))
    content = {
        "turned_down": [_shown(one) for one in refused],
        "waiting": [_shown(one) for one in waiting],
        "waiting_in_all": many,
    }
    answer(content, _in_words(content), as_json=as_json)


@command.command("tell")
@click.option("--member", "members", multiple=True, help="Only of this member, by id (mem_…); may come several times.")
@club_option
@config_option
@json_option
def tell(*, members: tuple[str, ...], club: str | None, config: Path | None, as_json: bool) -> None:
    """Tell the register again what it turned down, of the members as they are now, and at once what waits.

    Look first why it turned them down: it will do so again unless that is mended. Safe while the service runs, whose
    worker does the telling.
    """
    log_to_stderr(quiet=True)
    again = asyncio.run(_tell(load(config), club, members))
    text = (
        f"{again.anew} members whom the register turned down are told of anew, as they are now; "
        f"{again.hurried} announcements that waited are told at once."
    )
    answer({"anew": again.anew, "hurried": again.hurried}, text, as_json=as_json)


async def _list(settings: Settings, wanted: str | None) -> tuple[Sequence[Announcement], Sequence[Announcement], int]:
    async with open_house(settings) as house:
        club = await _told(house, wanted)
        kept = house.storage.reading.announcements
        refused, waiting = await kept.turned_down(club.id, MOST), await kept.waiting(club.id, MOST)
        return refused, waiting, await kept.count_waiting(club.id)


async def _tell(settings: Settings, wanted: str | None, members: Sequence[str]) -> ToldAgain:
    async with open_house(settings) as house:
        club = await _told(house, wanted)
        return await announcing.tell_again(house.ports, club.id, frozenset(members))


async def _told(house: House, wanted: str | None) -> Club:
    club = await house.clubs.named(wanted)
    if club.id not in house.ports.register.told():
        raise click.ClickException("The register of this club is told nothing: MEDLEM_REGISTER is not http.")
    return club


def _shown(one: Announcement) -> dict[str, Any]:
    ended = one.ended_at
    return {
        "id": one.id,
        "member": one.member.id,
        "news": one.news.value,
        "happened_at": one.happened_at.isoformat().replace("+00:00", "Z"),
        "attempts": one.attempts,
        "next_attempt_at": None if ended else one.due_at.isoformat().replace("+00:00", "Z"),
        "ended_at": ended.isoformat().replace("+00:00", "Z") if ended else None,
    }


def _in_words(content: dict[str, Any]) -> str:
    lines = [
        f"turned down  {one['member']}  {one['news']}, {one['happened_at']}  ({one['id']})"
        for one in content["turned_down"]
    ]
    lines += [
        f"waiting      {one['member']}  {one['news']}, {one['happened_at']}  {one['attempts']} attempts, next "
        f"{one['next_attempt_at']}"
        for one in content["waiting"]
    ]
    left = content["waiting_in_all"] - len(content["waiting"])
    if left > 0:
        lines.append(f"… and {left} more wait.")
    return "\n".join(lines) or "The register has heard everything."
