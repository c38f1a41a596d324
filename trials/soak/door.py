"""The address by which the platform knows the shop: whoever knocks is let through to a node that is there.

It stands for the load balancer of a chain, which knows nothing of HTTP either.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

TRIES = 60
PAUSE = 0.1
"""Seconds between two tries: whoever knocks waits for a while if nobody is there."""

_CHUNK = 65536


class Door:
    """Passes bytes on, both ways, until either side hangs up."""

    def __init__(self, ports: Callable[[], list[int]]) -> None:
        self._ports = ports
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Begin; the URL."""
        self._server = await asyncio.start_server(self._knock, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Let nobody in any more."""
        if self._server is not None:
            self._server.close()

    async def _knock(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(TRIES):
            for port in self._ports():
                with suppress(OSError):
                    inside, out = await asyncio.open_connection("127.0.0.1", port)
                    await asyncio.gather(_pass_on(reader, out), _pass_on(inside, writer))
                    return
            await asyncio.sleep(PAUSE)
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
