"""`medlem key`: keys to the API, for tills, for the merchant's other systems, and for whoever runs it all."""

import asyncio
from pathlib import Path

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.place import KeyKind
from medlem.config import Settings, load
from medlem.flows import places
from medlem.flows.places import NewKey


@click.group("key")
def command() -> None:
    """Keys to the API."""


@command.command("add")
@click.argument("kind", type=click.Choice([kind.value for kind in KeyKind]))
@click.option("--station", help="For a key of kind station: the id of its till.")
@click.option("--name", default="command line", show_default=True, help="What the list of keys calls it.")
@club_option
@config_option
@json_option
def add(*, kind: str, station: str | None, name: str, club: str | None, config: Path | None, as_json: bool) -> None:
    """Make a key. It is shown once, now. Safe while the service runs.

    station identifies and enrols at one till; integration sees members; admin sees members, tills and keys.
    """
    log_to_stderr()
    if (kind == KeyKind.STATION) != (station is not None):
        raise click.UsageError("A key of kind station needs --station, and no other kind takes it.")
    made = asyncio.run(_add(load(config), club, KeyKind(kind), name, station))
    secret = made.secret.reveal()  # to whoever asked for it, this once
    text = f"id   {made.key.id}\nkey  {secret}\nThe key is not shown again: keep it now."
    answer({"id": made.key.id, "kind": kind, "key": secret}, text, as_json=as_json)


async def _add(settings: Settings, club: str | None, kind: KeyKind, name: str, station: str | None) -> NewKey:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        place = await places.station(house.ports, whose, station) if station else None
        return await places.add_key(house.ports, whose, kind, name, place)
