"""`medlem worker`: a process that only looks for customers' answers, beside others that serve."""

from pathlib import Path

import click

from medlem.cli.common import config_option, json_option
from medlem.config import load


@click.command("worker")
@config_option
@json_option
def command(*, config: Path | None, as_json: bool) -> None:
    """Look for customers' answers, in a process of its own.

    That needs a database which several processes may share. With SQLite `medlem serve` is the one process, and does
    this work itself.
    """
    del as_json  # there is nothing to answer yet: every database that this version knows is SQLite's
    load(config)
    raise click.ClickException(
        "An SQLite database has one serving process, and `medlem serve` does the worker's work in it. "
        "Start `medlem serve`."
    )
