"""`medlem station`: the tills, as whoever sets up a shop adds them."""

import asyncio
from pathlib import Path

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.cli.sticker import orphans, qr
from medlem.config import Settings, load
from medlem.flows import places
from medlem.flows.places import NewStation


@click.group("station")
def command() -> None:
    """Tills."""


command.add_command(qr)
command.add_command(orphans)


@command.command("add")
@click.argument("name")
@click.option("--store", help="The id of its store; without, the club's first, made when there is none.")
@club_option
@config_option
@json_option
def add(*, name: str, store: str | None, club: str | None, config: Path | None, as_json: bool) -> None:
    """Add a till called NAME. Its key is shown once, now. Safe while the service runs."""
    log_to_stderr()
    if not name.strip():
        raise click.BadParameter("a till needs a name", param_hint="NAME")
    made = asyncio.run(_add(load(config), club, name.strip(), store))
    key = made.secret.reveal()  # to whoever asked for it, this once
    text = f"station  {made.station.id}\nkey      {key}\nThe key is not shown again: put it into the till now."
    answer({"id": made.station.id, "key": key}, text, as_json=as_json)


async def _add(settings: Settings, club: str | None, name: str, store: str | None) -> NewStation:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        return await places.add_station(house.ports, whose, name, store)
