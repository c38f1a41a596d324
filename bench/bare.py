"""The floor under every call: the same server with nothing behind it, as bare ASGI and as a plain Litestar handler.

Both take a phone number as JSON and answer JSON of the size of an identification. A process of its own.
"""

import asyncio
import json
import socket
from typing import Any

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, post
from litestar.types import ASGIApp, Receive, Scope, Send

HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
ANSWER = json.dumps({"id": "idn_" + "0" * 26, "customer": {"masked": "•• •• •• 00"}, "member": {"name": "x" * 120}})


class Said(msgspec.Struct):
    """A phone number."""

    phone: str


@post("/litestar", status_code=201, sync_to_thread=False)
def handler(data: Said) -> dict[str, Any]:
    """Read a struct, write a dictionary."""
    return {"id": data.phone, "answer": ANSWER}


def application(routes: ASGIApp) -> ASGIApp:
    """Bare ASGI on `/asgi`, Litestar on everything else."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != "/asgi":
            await routes(scope, receive, send)
            return
        message = await receive()
        said = msgspec.json.decode(message["body"], type=Said)  # type: ignore[typeddict-item] # it is a request's
        body = msgspec.json.encode({"id": said.phone, "answer": ANSWER})
        headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return answer


async def main() -> None:
    """Serve until somebody ends it; says in JSON where."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = application(Litestar([handler], openapi_config=None, logging_config=None))
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", lifespan="off", access_log=False, log_config=None))
    print(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
    await server.serve([listening])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
