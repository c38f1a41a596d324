"""`medlem move`: from the SQLite file to PostgreSQL, while the service runs."""

import asyncio
from pathlib import Path

import click

from medlem.app import SystemClock
from medlem.app.moving import move
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.config import load


@click.command("move")
@click.option("--to", required=True, metavar="URL", help="The address of an empty database: postgresql://…")
@config_option
@json_option
def command(*, to: str, config: Path | None, as_json: bool) -> None:
    """Carry the club over to PostgreSQL and prove that all has arrived. Safe while the service runs.

    At the end the SQLite file takes no more writes: set DATABASE_URL and SECRET_KEYS, and start again. Cut off before
    that, nothing has changed; run it again.
    """
    log_to_stderr()
    if not to.startswith(("postgresql://", "postgres://")):
        raise click.BadParameter("an address such as postgresql://name@host/database", param_hint="--to")
    settings = load(config)
    moved = asyncio.run(move(settings, to, SystemClock().now()))
    keys, file = settings.secret_keys_file.absolute(), settings.database_file.absolute()
    text = (
        f"{moved.rows} rows are in PostgreSQL and were compared, and {moved.changes} that changed meanwhile.\n"
        f"{file} takes no more writes. Now set\n"
        f"  MEDLEM_DATABASE_URL  to the address that you gave\n"
        f"  MEDLEM_SECRET_KEYS   to {keys}, a copy of which every node needs\n"
        "and start the service again."
    )
    content = {"rows": moved.rows, "changes": moved.changes, "frozen": str(file), "secret_keys": str(keys)}
    answer(content, text, as_json=as_json)
