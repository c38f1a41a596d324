"""Pings, as the platform sends them: signed with the registration's secret, and tried again until they are taken.

They get lost, late, doubled and overtaken; and somebody else sends some who has no secret.
"""

import base64
import functools
import hashlib
import hmac
import json
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import msgspec

from medlem.club.errors import UnverifiedWebhook
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows import pings
from medlem.flows.tables import StorageUnavailable
from medlem.vipps.webhooks import PING, verify
from medlem.web.delivered import Ping
from trials.crew import Crew
from trials.faults import Fault
from trials.node import Hangup, Node
from trials.platform import Pushed

HOST: Final = "club.example.org"
PATH: Final = f"/hooks/vipps/100001/{PING}"
URL: Final = f"https://{HOST}{PATH}"
SECRET: Final = "c2lnbmVkIHdpdGggdGhpcyBhbmQgbm90aGluZyBlbHNl"  # noqa: S105 - a pretend one
TIME_OUT: Final = 10.0
RETRIES: Final = (2.0, 20.0)

Delivery = tuple[dict[str, str], bytes]


def signed(body: bytes, *, secret: str = SECRET, host: str = HOST, shown_host: str = HOST) -> dict[str, str]:
    """The headers of a delivery (Webhooks API: request authentication).

    Args:
        body: what is delivered.
        secret: of the registration.
        host: what the signature is made over.
        shown_host: what the `Host` header says; behind a proxy it says something else.
    """
    hashed = base64.b64encode(hashlib.sha256(body).digest()).decode()
    date = "Mon, 23 Nov 2026 10:00:00 GMT"
    text = f"POST\n{PATH}\n{date};{host};{hashed}"
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
    return {
        "host": shown_host,
        "x-ms-date": date,
        "x-ms-content-sha256": hashed,
        "authorization": f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}",
    }


def forged(chance: Random, body: bytes) -> Delivery:
    """A delivery that the platform never sent for us."""
    match chance.randrange(5):
        case 0:
            return signed(body, secret="c29tZWJvZHkgZWxzZQ=="), body  # noqa: S106 - not even that
        case 1:  # genuine, but for another address: what a header says must not make it ours
            return signed(body, host="evil.example", shown_host="evil.example"), body
        case 2:  # a genuine one with another body put into it
            return signed(b"{}"), body
        case 3:
            headers = signed(body)
            return headers | {"authorization": headers["authorization"][:-8]}, body
        case _:
            return {"host": HOST}, body


@dataclass
class Deliveries:
    """The platform's post office."""

    crew: Crew
    club: ClubId
    chance: Random

    def answered(self, question: Pushed) -> None:
        """Somebody has answered: say so to the club."""
        body = json.dumps({"auth_req_id": question.request}).encode()
        trouble = self.crew.trouble
        times, delay = 1, 0.05 + self.chance.random() * 0.2
        if trouble.strikes(trouble.weather.pings):
            match self.chance.randrange(4):
                case 0:
                    trouble.note(Fault.PING_LOST)
                    times = 0
                case 1:
                    trouble.note(Fault.PING_LATE)
                    delay += self.chance.random() * 60
                case 2:
                    trouble.note(Fault.PING_DOUBLE)
                    times = 2
                case _:
                    trouble.note(Fault.PING_DISORDERED)
                    delay += self.chance.random() * 5
        shown_host = self.chance.choice((HOST, "10.0.0.5:8080"))
        for _ in range(times):
            self.crew.outside(self.deliver(signed(body, shown_host=shown_host), body, delay))

    def forge(self, question: Pushed) -> None:
        """Somebody who knows everything but the secret says that there is an answer."""
        self.crew.trouble.note(Fault.PING_FORGED)
        headers, body = forged(self.chance, json.dumps({"auth_req_id": question.request}).encode())
        self.crew.outside(self.deliver(headers, body, 0.5 + self.chance.random() * 5, genuine=False))

    async def deliver(self, headers: dict[str, str], body: bytes, delay: float, *, genuine: bool = True) -> None:
        """Deliver once, after a while, and again for as long as nobody takes it."""
        for pause in (delay, *RETRIES):
            await self.crew.pause(pause)
            node = self.crew.any_node(self.chance)
            if node is None:
                continue
            try:
                await node.serve(functools.partial(self._take, node, headers, body), TIME_OUT)
            except UnverifiedWebhook:
                if genuine:
                    self.crew.history.fail("forged ping", "a genuine ping was refused")
                return
            except (Hangup, StorageUnavailable):
                continue
            if not genuine:
                self.crew.history.fail("forged ping", "a forged ping was taken for the platform's")
            return

    async def _take(self, node: Node, headers: dict[str, str], body: bytes) -> Any:
        """What `web.hooks` does with a delivery."""
        registered = await node.ports.storage.reading.webhooks.registration(self.club, PING)
        if registered is None or not verify(registered.secret, registered.url, headers, body):
            raise UnverifiedWebhook("The delivery is not signed for a registration of ours.")
        said = msgspec.json.decode(body, type=Ping)
        await pings.ping(node.ports, self.club, Masked(said.auth_req_id))
