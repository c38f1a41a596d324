"""`medlem member links` and `medlem member unlink`: how members are reached, and how a wrong linking is taken back."""

import asyncio
import getpass
from pathlib import Path

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.linking import Link, Linking
from medlem.config import Settings, load
from medlem.flows import undoing
from medlem.flows.undoing import History


@click.command("links")
@click.argument("member")
@club_option
@config_option
@json_option
def links(*, member: str, club: str | None, config: Path | None, as_json: bool) -> None:
    """Show how MEMBER, an id, has been reached: their links, and the linkings that made them. Numbers are masked."""
    log_to_stderr(quiet=True)
    found = asyncio.run(_history(load(config), club, member))
    content = {
        "links": [_link(one) for one in found.links],
        "linkings": [_linking(one) for one in found.linkings],
    }
    lines = [
        f"{one.begun_at:%Y-%m-%d}  {one.phone.masked}  {one.verified_by}  {one.ended_because or 'in force'}"
        for one in found.links
    ]
    lines += [f"{one.at:%Y-%m-%d %H:%M}  {one.id}  {one.outcome}{_undone(one)}" for one in found.linkings]
    answer(content, "\n".join(lines) or "No number has ever reached them.", as_json=as_json)


@click.command("unlink")
@click.argument("linking")
@click.option("--why", required=True, help="Why it is taken back, for whoever reads it later.")
@click.option("--by", help="Who says so; without, whoever is logged in on this machine.")
@club_option
@config_option
@json_option
def unlink(*, linking: str, why: str, by: str | None, club: str | None, config: Path | None, as_json: bool) -> None:
    """Take back LINKING, an id: its link ends, the former one stands again. Given the undoing's id, that is undone.

    No enrolment and no sale changes. What is undone already stays so. Safe while the service runs.
    """
    log_to_stderr(quiet=True)
    if not why.strip():
        raise click.BadParameter("say why it is taken back", param_hint="--why")
    done = asyncio.run(_undo(load(config), club, linking, by or getpass.getuser(), why.strip()))
    text = f"undone   {done.undoes}\nby       {done.id}\nTo take this back: medlem member unlink {done.id} --why …"
    answer(_linking(done), text, as_json=as_json)


async def _history(settings: Settings, club: str | None, member: str) -> History:
    async with open_house(settings) as house:
        return await undoing.history(house.ports, await house.clubs.named(club), member)


async def _undo(settings: Settings, club: str | None, linking: str, by: str, why: str) -> Linking:
    async with open_house(settings) as house:
        return await undoing.undo(house.ports, await house.clubs.named(club), linking, by, why)


def _undone(linking: Linking) -> str:
    return f", undone by {linking.undone_by}" if linking.undone_by else ""


def _link(link: Link) -> dict[str, object]:
    return {
        "phone": link.phone.masked,
        "verified_by": link.verified_by,
        "begun_at": link.begun_at.isoformat(),
        "verified_at": link.verified_at.isoformat(),
        "ended_at": link.ended_at.isoformat() if link.ended_at else None,
        "ended_because": link.ended_because,
    }


def _linking(linking: Linking) -> dict[str, object]:
    return {
        "id": linking.id,
        "member": linking.member,
        "outcome": linking.outcome,
        "at": linking.at.isoformat(),
        "enrolment": linking.enrolment,
        "by": linking.by,
        "undoes": linking.undoes,
        "undone_by": linking.undone_by,
    }
