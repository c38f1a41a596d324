"""Sharing withdrawn in the app: the merchant is told by a small unsigned token, sent to its own address.

Not one of the signed deliveries: another address, plain text, `alg: none`. The token has two parts and no dot at the
end, as in the published sample, and a line break in its header: an ordinary JWT library refuses it.
"""

from __future__ import annotations

import base64
from asyncio import get_running_loop
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec
from aiohttp import ClientError, ClientTimeout

if TYPE_CHECKING:
    from asyncio import Task

    from aiohttp import ClientSession

    from medlem.simulator.clock import Agenda, SimClock
    from medlem.simulator.switches import Switches

TRIES = 3
BETWEEN = 2.0
HEADER = b'{"alg":"none","typ": "JWT"}\n'
"""As in the published sample, blank and line break included."""
LIFETIME = 300


class Surroundings(Protocol):
    """What this needs of the world."""

    clock: SimClock
    agenda: Agenda

    @property
    def switches(self) -> Switches:
        """How the open questions are answered now."""
        ...


class Revocations:
    """Tells the merchant, three times at most."""

    def __init__(self, world: Surroundings, session: ClientSession) -> None:
        self._world = world
        self._session = session
        self._under_way: set[Task[None]] = set()

    def tell(self, subject: str) -> None:
        """Tell of a customer, if the merchant has an address for that."""
        if self._world.switches.revocation_url:
            now = int(self._world.clock.now())
            token = revoked_token(subject, now, parts=self._world.switches.revocation_parts)
            self._go(token, TRIES)

    def _go(self, token: str, tries: int) -> None:
        task = get_running_loop().create_task(self._post(token, tries))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _post(self, token: str, tries: int) -> None:
        switches = self._world.switches
        headers = {"Content-Type": "text/plain"}
        if switches.revocation_authorization:
            headers["Authorization"] = switches.revocation_authorization
        try:
            async with self._session.post(
                switches.revocation_url,
                data=token,
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=switches.webhook_answer_seconds),
            ) as answer:
                taken = 200 <= answer.status < 300  # noqa: PLR2004  any answer of success
        except (ClientError, TimeoutError, OSError, ValueError):
            taken = False
        if not taken and tries > 1:
            self._world.agenda.at(self._world.clock.now() + BETWEEN, partial(self._go, token, tries - 1))


def revoked_token(subject: str, now: int, *, parts: int) -> str:
    """Make the unsigned token."""
    claims = {"exp": now + LIFETIME, "iat": now, "nbf": now, "sub": subject, "event": "CONSENT_REVOKED"}
    token = f"{_part(HEADER)}.{_part(msgspec.json.encode(claims))}"
    return token if parts == 2 else f"{token}."  # noqa: PLR2004  two parts, or three of which the last is empty


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
