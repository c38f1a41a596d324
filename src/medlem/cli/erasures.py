"""`medlem erasures`: who was erased, in a file that outlives database and backups."""

import asyncio
from pathlib import Path

import click

from medlem.app import erasures, open_house
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.config import Settings, load
from medlem.flows.erasures import Applied


@click.group("erasures")
def command() -> None:
    """Who was erased, so that no backup brings them back."""


@command.command("keep")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
@json_option
def keep(*, file: Path, config: Path | None, as_json: bool) -> None:
    """Write every erasure into FILE, in the place of what was there. Safe while the service runs.

    It holds ids and keyed hashes, and nobody's name or number. Keep it apart from the database, and newer than its
    backups.
    """
    log_to_stderr()
    many = asyncio.run(_keep(load(config), file))
    answer({"file": str(file.absolute()), "erasures": many}, f"{file}: {many} erasures", as_json=as_json)


@command.command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@config_option
@json_option
def apply(*, file: Path, config: Path | None, as_json: bool) -> None:
    """Erase again whoever is in FILE, in a database that was brought back. Safe to repeat.

    `medlem restore --erasures FILE` does it before anybody can look them up; this is for PostgreSQL.
    """
    log_to_stderr()
    done = asyncio.run(_apply(load(config), file))
    answer(
        {"erasures": done.known, "erased": done.erased},
        f"{done.known} erasures, {done.erased} members were there and are erased again",
        as_json=as_json,
    )


async def _keep(settings: Settings, file: Path) -> int:
    async with open_house(settings) as house:
        return await erasures.keep(house, file)


async def _apply(settings: Settings, file: Path) -> Applied:
    async with open_house(settings) as house:
        return await erasures.apply(house, file)
