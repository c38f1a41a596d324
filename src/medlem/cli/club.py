"""`medlem club`: several clubs in one installation.

Keys of the platform are never words of a command, since every account of the machine can see those: they come from a
file, standard input, the environment, or are asked for.
"""

import asyncio
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import click

from medlem.app import further_clubs, open_house
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.club.place import Club
from medlem.config import CLUB_NAMES, SECRETS, ClubTexts, Settings, load, read_club

QUESTIONS: Final = {
    "vipps_client_id": "Client id",
    "vipps_client_secret": "Client secret",
    "vipps_subscription_key": "Subscription key",
    "vipps_msn": "Merchant serial number (MSN)",
}

from_option = click.option(
    "--from",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A TOML file with settings of this club, keys among them; - reads it from standard input.",
)
set_option = click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of this club that is no secret, such as login_scope or vipps_auth_method; may come several times.",
)


@click.group("club")
def command() -> None:
    """Several clubs in one installation. The settings speak for the first one."""


@command.command("add")
@from_option
@set_option
@config_option
@json_option
def add(*, file: Path | None, pairs: tuple[str, ...], config: Path | None, as_json: bool) -> None:
    """Add a club of another sales unit. Safe while the service runs, which serves it at once.

    Its settings have the names of the installation's: vipps_client_id, vipps_client_secret, vipps_subscription_key,
    vipps_msn, club_name and the rest. They come from --from, from MEDLEM_FURTHER_* variables, from --set; keys that are
    still missing are asked for at a terminal.
    """
    log_to_stderr()
    settings = load(config)
    texts = _asked_for(_texts(file, pairs), file, CLUB_NAMES)
    made = asyncio.run(_add(settings, texts))
    text = (
        f"club        {made.id}\nsales unit  {made.sales_unit}\n"
        f"`medlem station add NAME --club {made.sales_unit}` adds its tills."
    )
    answer(_shown(made), text, as_json=as_json)


@command.command("change")
@click.argument("club")
@from_option
@set_option
@config_option
@json_option
def change(*, club: str, file: Path | None, pairs: tuple[str, ...], config: Path | None, as_json: bool) -> None:
    """Give CLUB, by its sales unit or id, new keys or other settings. Safe while the service runs.

    Says what is new in the same ways as `medlem club add`; what is not said stays as it was. Without any, a new client
    secret and a new subscription key are asked for.
    """
    log_to_stderr()
    settings = load(config)
    texts = _texts(file, pairs)
    if not texts.texts:
        texts = _asked_for(texts, file, SECRETS)
    if not texts.texts:
        raise click.UsageError("Say what is new: with --from, --set, or MEDLEM_FURTHER_* variables.")
    found = asyncio.run(_change(settings, club, texts))
    answer(_shown(found), f"Club {found.sales_unit} is changed, and in use within a second.", as_json=as_json)


@command.command("list")
@config_option
@json_option
def show(*, config: Path | None, as_json: bool) -> None:
    """List the clubs, the first one first. Shows no keys."""
    log_to_stderr(quiet=True)
    clubs, first = asyncio.run(_clubs(load(config)))
    rows = [_shown(club) | {"first": club.id == first.id} for club in clubs]
    lines = [f"{club.sales_unit:<10}  {club.country}  {club.name}  ({club.id})" for club in clubs]
    answer({"clubs": rows}, "\n".join(lines), as_json=as_json)


def _texts(file: Path | None, pairs: Sequence[str]) -> ClubTexts:
    if file == Path("-"):
        return read_club(None, sys.stdin.read(), pairs)
    return read_club(file, None, pairs)


def _asked_for(texts: ClubTexts, file: Path | None, names: Collection[str]) -> ClubTexts:
    """Ask whoever sits at the terminal for keys that are missing; a script gets a sentence about them instead."""
    if file is not None or not sys.stdin.isatty():
        return texts
    for name, question in QUESTIONS.items():
        if name in names and name not in texts:
            said = click.prompt(question, default="", show_default=False, hide_input=name in SECRETS, err=True)
            if said.strip():
                texts.add(name, said.strip(), question)
    return texts


def _shown(club: Club) -> dict[str, object]:
    return {"id": club.id, "sales_unit": club.sales_unit, "name": club.name, "country": club.country}


async def _add(settings: Settings, texts: ClubTexts) -> Club:
    async with open_house(settings) as house:
        return await further_clubs.add(house, texts)


async def _change(settings: Settings, club: str, texts: ClubTexts) -> Club:
    async with open_house(settings) as house:
        return await further_clubs.change(house, club, texts)


async def _clubs(settings: Settings) -> tuple[Sequence[Club], Club]:
    async with open_house(settings) as house:
        return await house.clubs.all(), house.club
