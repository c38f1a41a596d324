"""A platform whose customers never answer, and which notes when it was asked: a process of its own, and a cheap one.

It says where its endpoints are, and to every look *authorization pending*. `POST /watch` begins to count, and
`GET /watch` tells: how many looks in how many seconds, how much longer than the interval passed between two looks for
one answer, and how often it was less.
"""

import asyncio
import json
import sys
import time
from typing import Any, Final

import httptools
import uvloop

DISCOVERY: Final = "/access-management-1.0/access/.well-known/openid-configuration"
PENDING: Final = b'{"error":"authorization_pending"}'


class Watch:
    """When each answer was last looked for."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._seen: dict[bytes, float] = {}
        self.begin()

    def begin(self) -> None:
        """Count from now on."""
        self._began, self._looks, self._early = time.perf_counter(), 0, 0
        self._late: list[float] = []

    def look(self, request: bytes) -> None:
        """Note a look."""
        now = time.perf_counter()
        before, self._seen[request] = self._seen.get(request), now
        self._looks += 1
        if before is not None:
            late = now - before - self._interval
            self._late.append(late * 1000)
            self._early += late < 0

    def told(self) -> dict[str, Any]:
        """What was counted; lateness in milliseconds."""
        seconds = time.perf_counter() - self._began
        return {"looks": self._looks, "seconds": seconds, "late": sorted(self._late), "early": self._early}


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url, self._body = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Take in what comes."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """A request begins."""
        self._url, self._body = url, b""

    def on_body(self, body: bytes) -> None:
        """Some of its body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer it."""
        status, answer = self._answer(self._parser.get_method().decode(), self._url.decode())
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(answer))
        self._transport.write(head + answer)

    def _answer(self, method: str, path: str) -> tuple[bytes, bytes]:
        if path == "/token":
            self._watch.look(self._body.rpartition(b"auth_req_id=")[2])
            return b"400 Bad Request", PENDING
        if path == DISCOVERY:
            return b"200 OK", json.dumps(self._document()).encode()
        if path == "/watch" and method == "GET":
            return b"200 OK", json.dumps(self._watch.told()).encode()
        if path == "/watch":
            self._watch.begin()
        return b"404 Not Found" if path != "/watch" else b"200 OK", b"{}"

    def _document(self) -> dict[str, str]:
        host, port = self._transport.get_extra_info("sockname")[:2]
        base = f"http://{host}:{port}"
        return {
            "issuer": base,
            "backchannel_authentication_endpoint": f"{base}/ask",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
        }


async def main(interval: float) -> None:
    """Serve until somebody ends it; says in JSON where."""
    watch = Watch(interval)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(watch), "127.0.0.1", 0)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))
