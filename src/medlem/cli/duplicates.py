"""`medlem members duplicates` and `medlem members distinct`: who may be one person twice, and who is not."""

import asyncio
import getpass
from pathlib import Path

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.duplicate import Distinct
from medlem.club.member import standing
from medlem.config import Settings, load
from medlem.flows import duplicates as flow
from medlem.flows.duplicates import DuplicateInFull
from medlem.flows.membership import MemberInFull


@click.command("duplicates")
@click.option("--most", type=click.IntRange(1), default=1000, show_default=True, help="Stop after so many pairs.")
@club_option
@config_option
@json_option
def duplicates(*, most: int, club: str | None, config: Path | None, as_json: bool) -> None:
    """List pairs of members who may be one person, and why. Names and numbers are masked.

    Looks through the whole register, a few members at a time; safe while the service runs.
    """
    log_to_stderr(quiet=True)
    found, more = asyncio.run(_duplicates(load(config), club, most))
    lines = [line for pair in found for line in _lines(pair)] or ["Nobody seems to be there twice."]
    if more:
        lines.append(f"These are {len(found)}; there may be more: --most.")
    answer({"duplicates": [_pair(one) for one in found], "more": more}, "\n".join(lines), as_json=as_json)


@click.command("distinct")
@click.argument("one")
@click.argument("other")
@click.option("--by", help="Who says so; without, whoever is logged in on this machine.")
@club_option
@config_option
@json_option
def distinct(*, one: str, other: str, by: str | None, club: str | None, config: Path | None, as_json: bool) -> None:
    """Say that ONE and OTHER, two ids, are two people: `members duplicates` leaves them out from then on.

    Merging them after all takes that back.
    """
    log_to_stderr(quiet=True)
    said = asyncio.run(_distinct(load(config), club, one, other, by or getpass.getuser()))
    content = {"one": said.one, "other": said.other, "said_by": said.said_by, "said_at": said.said_at.isoformat()}
    answer(content, f"{said.one} and {said.other} are two people, says {said.said_by}.", as_json=as_json)


async def _duplicates(settings: Settings, club: str | None, most: int) -> tuple[list[DuplicateInFull], bool]:
    found: list[DuplicateInFull] = []
    after: str | None = ""
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        while after is not None and len(found) < most:
            some, after = await flow.page(house.ports, whose, after)
            found += some
    return found[:most], after is not None or len(found) > most


async def _distinct(settings: Settings, club: str | None, one: str, other: str, by: str) -> Distinct:
    async with open_house(settings) as house:
        return await flow.say_distinct(house.ports, await house.clubs.named(club), one, other, by)


def _lines(found: DuplicateInFull) -> list[str]:
    why = ", ".join(likeness.value.replace("_", " ") for likeness in found.duplicate.likenesses)
    return [f"{found.duplicate.sure}: {why}", *(f"  {_line(side)}" for side in (found.one, found.other))]


def _line(found: MemberInFull) -> str:
    member = found.member
    yes = sorted(element for element, consent in standing(found.consents).items() if consent.granted)
    parts = [
        member.id,
        member.member_number,
        member.profile.short_name or "–",
        member.phone.masked if member.phone else "no number",
        "logged in" if member.logged_in else "entered",
        f"since {member.joined_at:%Y-%m-%d}",
        f"left {member.left_at:%Y-%m-%d}" if member.left_at else "",
        f"allows {', '.join(yes)}" if yes else "",
    ]
    return "  ".join(part for part in parts if part)


def _pair(found: DuplicateInFull) -> dict[str, object]:
    return {
        "one": _side(found.one),
        "other": _side(found.other),
        "reasons": [likeness.value for likeness in found.duplicate.likenesses],
        "sure": found.duplicate.sure.value,
    }


def _side(found: MemberInFull) -> dict[str, object]:
    member = found.member
    return {
        "id": member.id,
        "member_number": member.member_number,
        "name": member.profile.short_name,
        "phone": member.phone.masked if member.phone else None,
        "logged_in": member.logged_in,
        "joined_at": member.joined_at.isoformat(),
        "left_at": member.left_at.isoformat() if member.left_at else None,
        "consents": {element: consent.granted for element, consent in standing(found.consents).items()},
    }
