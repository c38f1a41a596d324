"""`medlem simulator`: a stand-in for the platform, for trying out and for tests."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import click

from medlem.cli.common import answer, json_option, log_to_stderr
from medlem.simulator import app
from medlem.simulator.journal import CannotStart


@click.command("simulator")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep people, requests and keys there, and go on with what is there. Without: in memory.",
)
@click.option("--people/--no-people", default=True, show_default=True, help="Begin with a few pretend customers.")
@json_option
def command(*, host: str, port: int, directory: Path | None, people: bool, as_json: bool) -> None:
    """Run a simulated platform with pretend phones. It is open to everybody who reaches it: pretend people only."""
    log_to_stderr()

    def ready(url: str) -> None:
        text = (
            f"The simulator answers at {url} and stops with Ctrl-C.\n"
            f"  pretend phones  {url}/phone\n"
            f"  its keys        curl {url}/sim/credentials"
        )
        answer({"url": url, "pid": os.getpid()}, text, as_json=as_json)

    run(host=host, port=port, directory=directory, people=people, ready=ready)


def run(
    *,
    host: str,
    port: int,
    directory: Path | None,
    people: bool,
    ready: Callable[[str], None],
    option: str = "--port",
) -> None:
    """Run one until it is told to stop.

    Raises:
        ClickException: the port is taken, or the directory cannot be used; names the option to change.
    """
    try:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        app.run(host=host, port=port, directory=directory, demo_people=people, ready=ready)
    except CannotStart as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"Port {port} is taken. Choose another with {option}, or 0 for any.") from None
        if error.errno in {errno.EACCES, errno.EADDRNOTAVAIL}:
            raise click.ClickException(f"The simulator cannot start at {host}:{port}: {error.strerror}.") from None
        raise
