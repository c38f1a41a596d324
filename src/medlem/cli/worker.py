"""`medlem worker`: a process that only looks for customers' answers, beside others that serve."""

import os
from pathlib import Path

import click
import uvloop

from medlem.app import service
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.config import load


@click.command("worker")
@config_option
@json_option
def command(*, config: Path | None, as_json: bool) -> None:
    """Look for customers' answers, in a process of its own.

    That needs PostgreSQL, which any number of processes may share. With SQLite `medlem serve` is the one process, and
    does this work itself.
    """
    log_to_stderr()
    settings = load(config)
    settings.ready_to_serve("127.0.0.1")
    if settings.on_sqlite:
        raise click.ClickException(
            "An SQLite database has one serving process, and `medlem serve` does the worker's work in it. "
            "Start `medlem serve`."
        )

    def ready() -> None:
        answer({"pid": os.getpid()}, "medlem looks for answers and stops with Ctrl-C.", as_json=as_json)

    uvloop.run(service.work(settings, ready=ready))
