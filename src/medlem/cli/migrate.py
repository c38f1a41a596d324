"""`medlem migrate`: bring an existing database to the shape that this version expects."""

import asyncio
from pathlib import Path

import click

from medlem.app import SystemClock, open_database
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.config import Settings, load


@click.command("migrate")
@config_option
@json_option
def command(*, config: Path | None, as_json: bool) -> None:
    """Bring the database to the shape that this version expects.

    Stop the service and back the database up first: there is no way back but the backup. Running it again does
    nothing.
    """
    log_to_stderr()
    applied = asyncio.run(_migrate(load(config)))
    text = "\n".join(f"applied {name}" for name in applied) or "There is nothing to do: the database is up to date."
    answer({"applied": applied}, text, as_json=as_json)


async def _migrate(settings: Settings) -> list[str]:
    # On SQLite nobody may serve meanwhile; on PostgreSQL nodes of the version before may go on, if the steps allow it.
    async with open_database(settings, serving=settings.on_sqlite) as storage:
        return await storage.migrate(SystemClock().now())
