"""`medlem serve`: the service of a shop, its worker included."""

import errno
import os
import socket
from pathlib import Path

import click
import uvloop

from medlem.app import service
from medlem.cli.common import answer, config_option, json_option, log_to_stderr
from medlem.config import Settings, load

BACKLOG = 1024


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--worker/--no-worker", default=True, show_default=True, help="Also look for customers' answers.")
@config_option
@json_option
def command(*, host: str, port: int, worker: bool, config: Path | None, as_json: bool) -> None:
    """Serve the API and the pages, and look for customers' answers.

    SIGTERM and Ctrl-C end it within a second, and with exit code 0. A new database is made and given its tables; an
    older one waits for `medlem migrate`.
    """
    log_to_stderr()
    settings = load(config)
    settings.ready_to_serve(host)
    listening = listen(host, port)
    url = address(settings, host, listening)

    def ready() -> None:
        answer({"url": url, "pid": os.getpid()}, f"medlem answers at {url} and stops with Ctrl-C.", as_json=as_json)

    uvloop.run(service.serve(settings, listening, worker=worker, ready=ready))


def listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """Take the port, so that connections wait from now on instead of being refused.

    Raises:
        ClickException: it cannot be had; names the option to change.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        # A port is free again as soon as its process is gone, though the system remembers old connections.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"Port {port} is taken. Choose another with {option}, or 0 for any.") from None
        raise click.ClickException(f"medlem cannot listen at {host}:{port}: {error.strerror}.") from None
    return listening


def address(settings: Settings, host: str, listening: socket.socket) -> str:
    """Where the service answers on this machine."""
    scheme = "https" if settings.tls_cert else "http"
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listening.getsockname()[1]}"
