"""The server: uvicorn, which on its own would cut live streams in the middle when it is told to stop.

It waits for open connections before the application hears of the end, and a stream would wait for ever. So we tell the
application first: streams end cleanly, long polls get their ordinary answer, and the process is gone within a second.
After a signal uvicorn raises it again: the exit code of a clean SIGTERM is 143.
"""

import asyncio
import logging
import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from litestar import Litestar

from medlem.web.app import desk_of
from medlem.web.protocol import BoundedProtocol

GRACE = 1
KEEP_ALIVE = 65
"""Seconds; longer than proxies and tills keep idle connections, so that they close and never we, in their face."""


def configure(
    app: Litestar,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    trusted_proxies: Sequence[str] = (),
) -> uvicorn.Config:
    """How we run uvicorn.

    Args:
        app: what `build` made.
        host: the address to listen on.
        port: 0 for any that is free; `Server.port` tells which.
        tls_cert: certificate chain (PEM).
        tls_key: its key.
        trusted_proxies: addresses or networks whose `X-Forwarded-For` and `X-Forwarded-Proto` count.
    """
    # uvicorn's own access log writes paths down, whatever stands in them.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


class Server(uvicorn.Server):
    """Serves one application that `build` made."""

    def __init__(self, config: uvicorn.Config) -> None:
        if not isinstance(config.app, Litestar):
            raise TypeError("configure(build(...)) makes the configuration")
        super().__init__(config)
        self._desk = desk_of(config.app)
        self._listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell streams, long polls and the worker to end, then stop as uvicorn does."""
        self._desk.closing.set()
        await super().shutdown(sockets)

    def end(self) -> None:
        """Stop soon; may be called from a signal's handler."""
        self.should_exit = True

    async def listening(self) -> int:
        """Wait until calls can come in; the port."""
        await self._listening.wait()
        return self.port

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.servers[0].sockets[0].getsockname()[1])
