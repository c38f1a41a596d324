"""One of the merchant's other systems, which hears of members; and the way to it from a node that may die.

What it hears a second time it knows by its id, as an endpoint does that keeps to Standard Webhooks.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from medlem.club.endpoint import Attempt, Endpoint, Notice, NoticeKind, new_endpoint_secret
from medlem.club.ids import ClubId, endpoint_id
from trials.calls import called
from trials.faults import Fault
from trials.wire import FASTEST, Passage, Wire

if TYPE_CHECKING:
    from trials.node import Node

URL: Final = "https://other.example.org/members"
HEARD: Final = Attempt(200)
NO_ANSWER: Final = Attempt(trouble="no_answer")


def hearing(club: ClubId, now: datetime) -> Endpoint:
    """An endpoint that hears everything."""
    kinds = frozenset(NoticeKind)
    return Endpoint(id=endpoint_id(now), club=club, url=URL, kinds=kinds, secret=new_endpoint_secret(), created_at=now)


@dataclass
class Listener:
    """What it has heard, each thing once, in the order in which it came."""

    heard: dict[str, Notice] = field(default_factory=dict)

    def hear(self, notice: Notice) -> Attempt:
        """Take it in."""
        self.heard.setdefault(notice.id, notice)
        return HEARD


class NodeMessenger:
    """`flows.ports.Messenger` of one node."""

    def __init__(self, node: "Node", wire: Wire, listener: Listener) -> None:
        self._node = node
        self._wire = wire
        self._listener = listener

    def flaw(self, url: str) -> str | None:
        """Every address will do."""
        del url
        return None

    async def tell(self, endpoint: Endpoint, notice: Notice, now: datetime) -> Attempt:
        """Tell it, on a line on which a notice or the word that it was heard gets lost."""
        del endpoint, now
        passage = Passage(None, arrives=True, answers=True, there=FASTEST, back=FASTEST)
        if self._wire.trouble.strikes(self._wire.trouble.weather.platform):
            self._wire.trouble.note(Fault.DEAF)
            passage = replace(passage, fault=Fault.DEAF, arrives=self._wire.chance.random() < 1 / 2, answers=False)
        return await called(self._node, self._wire, passage, lambda: self._listener.hear(notice)) or NO_ANSWER
