"""`medlem members merge`: two members who are one person, by two steps, and back again."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import click
import msgspec

from medlem.app import open_house
from medlem.app.house import House
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.member import Member
from medlem.club.merging import MergeState, Plan, Whose
from medlem.club.place import Club
from medlem.config import Settings, load
from medlem.flows import merging, parting
from medlem.flows.merging import MergeShown
from medlem.web.merges import MergeView

WHOSE: Final = {Whose.STAYS: "of the one who stays", Whose.GOES: "of the one who goes", None: "none"}

by_option = click.option("--by", help="Who says so; without, whoever is logged in on this machine.")


@click.group("merge")
def merge() -> None:
    """Merge two members who are one person: propose it, look at it, confirm it. It can be undone."""


@merge.command("propose")
@click.argument("stays")
@click.argument("goes")
@by_option
@club_option
@config_option
@json_option
def propose(*, stays: str, goes: str, by: str | None, club: str | None, config: Path | None, as_json: bool) -> None:
    """Show what would happen if STAYS went on as both, and GOES led there. Nothing is changed.

    It can be confirmed for a day, and while neither of the two is changed by anything.
    """
    _run(
        config,
        club,
        lambda house, whose: merging.propose(house.ports, whose, stays, goes, by or getpass.getuser()),
        as_json=as_json,
    )


@merge.command("confirm")
@click.argument("merge_id", metavar="MERGE")
@by_option
@club_option
@config_option
@json_option
def confirm(*, merge_id: str, by: str | None, club: str | None, config: Path | None, as_json: bool) -> None:
    """Do what MERGE, an id, proposes. What is done stays so. Safe while the service runs."""
    _run(
        config,
        club,
        lambda house, whose: merging.confirm(house.ports, whose, merge_id, by or getpass.getuser()),
        as_json=as_json,
    )


@merge.command("undo")
@click.argument("merge_id", metavar="MERGE")
@click.option("--why", required=True, help="Why it is undone, for whoever reads it later.")
@by_option
@club_option
@config_option
@json_option
def undo(*, merge_id: str, why: str, by: str | None, club: str | None, config: Path | None, as_json: bool) -> None:
    """Undo MERGE, an id: both are what they were, but for what is newer, which is told."""
    if not why.strip():
        raise click.BadParameter("say why it is undone", param_hint="--why")
    _run(
        config,
        club,
        lambda house, whose: parting.undo(house.ports, whose, merge_id, by or getpass.getuser(), why.strip()),
        as_json=as_json,
    )


@merge.command("list")
@click.option("--most", type=click.IntRange(1), default=50, show_default=True, help="So many, the newest first.")
@club_option
@config_option
@json_option
def list_(*, most: int, club: str | None, config: Path | None, as_json: bool) -> None:
    """List merges, those too that were only proposed or are undone."""
    log_to_stderr(quiet=True)
    found, more = asyncio.run(_page(load(config), club, most))
    lines = [
        f"{one.merge.proposed_at:%Y-%m-%d %H:%M}  {one.merge.id}  {one.state}  {one.merge.goes} into {one.merge.stays}"
        for one in found
    ]
    content = {"merges": [_content(one) for one in found], "more": more}
    answer(content, "\n".join(lines) or "Nobody has been merged.", as_json=as_json)


def _run(
    config: Path | None,
    club: str | None,
    decide: Callable[[House, Club], Awaitable[MergeShown]],
    *,
    as_json: bool,
) -> None:
    log_to_stderr(quiet=True)
    shown = asyncio.run(_decided(load(config), club, decide))
    answer(_content(shown), "\n".join(_lines(shown)), as_json=as_json)


async def _decided(
    settings: Settings, club: str | None, decide: Callable[[House, Club], Awaitable[MergeShown]]
) -> MergeShown:
    async with open_house(settings) as house:
        return await decide(house, await house.clubs.named(club))


async def _page(settings: Settings, club: str | None, most: int) -> tuple[list[MergeShown], bool]:
    async with open_house(settings) as house:
        found, more = await merging.page(house.ports, await house.clubs.named(club), None, most)
        return found, more is not None


def _content(shown: MergeShown) -> dict[str, object]:
    content: dict[str, object] = msgspec.to_builtins(MergeView.of(shown))
    return content


def _lines(shown: MergeShown) -> list[str]:
    merge = shown.merge
    lines = [
        f"{shown.state:9} {merge.id}",
        f"stays     {_member(merge.stays, shown.stays)}",
        f"goes      {_member(merge.goes, shown.goes)}",
        *_plan(merge.plan),
    ]
    if shown.said_distinct:
        lines.append("Somebody has said that these are two people.")
    if shown.state is MergeState.PROPOSED:
        lines.append(f"To do it until {merge.expires_at:%Y-%m-%d %H:%M} UTC: medlem members merge confirm {merge.id}")
    if shown.state is MergeState.CONFIRMED:
        lines.append(f"To take it back: medlem members merge undo {merge.id} --why …")
    if merge.not_restored:
        lines.append(f"Left as it is, since something newer is there: {', '.join(merge.not_restored)}")
    return lines


def _plan(plan: Plan) -> list[str]:
    ends = "; the other one reaches nobody any more" if plan.number_ends else ""
    lines = [
        f"number    {WHOSE[plan.number]}{ends}",
        f"login     {WHOSE[plan.login]}",
        f"joined    {plan.joined_at:%Y-%m-%d}",
    ]
    if plan.profile:
        lines.append(f"profile   from the one who goes: {', '.join(plan.profile)}")
    if plan.differs:
        lines.append(f"differs   only one of both is kept: {', '.join(plan.differs)}")
    lines += [f"consent   {one.element}: {one.act}, taken from {one.taken_from}" for one in plan.consents]
    if plan.extras:
        lines.append(f"extras    from the one who goes: {', '.join(plan.extras)}")
    return lines


def _member(member_id: str, member: Member | None) -> str:
    if member is None:
        return f"{member_id}  erased"
    number = member.phone.masked if member.phone else "no number"
    return f"{member_id}  {member.member_number}  {member.profile.short_name or '–'}  {number}"
