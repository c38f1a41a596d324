"""`medlem member`: answer a member who asks what is kept of them, or to be erased."""

import asyncio
from pathlib import Path
from typing import Final

import click
import msgspec

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.cli.links import links, unlink
from medlem.club.rights import ErasedBecause
from medlem.config import Settings, load
from medlem.flows import rights
from medlem.flows.rights import Dossier, Erased
from medlem.storage.files import drafted, publish
from medlem.web.dossier import Export
from medlem.web.dossier_page import page

BY: Final = "command line"
REASONS: Final = [reason.value for reason in ErasedBecause if reason is not ErasedBecause.INACTIVE]


@click.group("member")
def command() -> None:
    """One member: what is kept of them, how they are reached, and their erasure.

    docs/privacy.md says how to answer a request.
    """


command.add_command(links)
command.add_command(unlink)


@command.command("export")
@click.argument("member")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@club_option
@config_option
@json_option
def export(*, member: str, file: Path, club: str | None, config: Path | None, as_json: bool) -> None:
    """Write everything that is kept of MEMBER (mem_…) into FILE: a page to read if it ends in .html, else JSON.

    Only its owner can read the file. That it was drawn is written down.
    """
    log_to_stderr(quiet=True)
    drawn = Export.of(asyncio.run(_export(load(config), club, member)))
    content = page(drawn).encode() if file.suffix == ".html" else msgspec.json.format(msgspec.json.encode(drawn))
    with drafted(file.with_name(f"{file.name}.partial")) as draft:
        draft.write_bytes(content)
        publish(draft, file)
    answer(
        {"file": str(file.absolute()), "member": drawn.member.id}, f"{file}: everything of {member}", as_json=as_json
    )


@command.command("erase")
@click.argument("member")
@click.option("--reason", type=click.Choice(REASONS), default=REASONS[0], show_default=True, help="Why.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@club_option
@config_option
@json_option
def erase(*, member: str, reason: str, yes: bool, club: str | None, config: Path | None, as_json: bool) -> None:
    """Erase MEMBER (mem_…) for good, but for the proof of their consents. Safe while the service runs."""
    log_to_stderr()
    if not yes:
        click.confirm(f"Erase {member} for good?", abort=True, err=True)
    done = asyncio.run(_erase(load(config), club, member, ErasedBecause(reason)))
    at = done.erasure.erased_at.isoformat().replace("+00:00", "Z")
    until = done.proof_until.isoformat().replace("+00:00", "Z") if done.proof_until else None
    text = f"{member} is erased. The proof of their consents stays, without a name" + (
        f", until {until}." if until else "."
    )
    answer({"member": member, "erased_at": at, "proof_until": until}, text, as_json=as_json)


async def _export(settings: Settings, club: str | None, member: str) -> Dossier:
    async with open_house(settings) as house:
        return await rights.export(house.ports, await house.clubs.named(club), member, BY)


async def _erase(settings: Settings, club: str | None, member: str, reason: ErasedBecause) -> Erased:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        return await rights.erase(house.ports, whose, member, reason=reason, requested_at=None, by=BY)
