"""What the calls about endpoints take and answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from medlem.club.endpoint import WANTED, Endpoint, Notice, NoticeKind, shown_secret

Wanted = Literal[
    "member.created", "member.updated", "member.left", "member.erased", "consent.changed", "enrolment.finished"
]


class NewEndpoint(Struct, forbid_unknown_fields=True):
    """An address that is to hear; without `events` it hears them all."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    events: Annotated[list[Wanted], Meta(min_length=1, max_length=6)] | None = None

    def kinds(self) -> frozenset[NoticeKind]:
        """As the club knows them."""
        return frozenset(WANTED if self.events is None else (NoticeKind(event) for event in self.events))


class NewReplay(Struct, forbid_unknown_fields=True):
    """From where to tell again: a notice that is told first, or a moment."""

    notice: str | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None

    def __post_init__(self) -> None:
        if (self.notice is None) == (self.since is None):
            raise ValueError("Give either a notice or a moment")


@dataclass(frozen=True, slots=True)
class EndpointInFull:
    """An address that hears, but for its secret."""

    id: str
    url: str
    events: list[Wanted]
    created_at: datetime
    paused: Literal["failing", "gone"] | None
    """Why nothing is told there; null while it is."""
    paused_at: datetime | None
    failing_since: datetime | None
    former_secret_until: datetime | None
    """Until when the secret that was replaced signs too."""

    @classmethod
    def of(cls, found: Endpoint) -> "EndpointInFull":
        """Show an endpoint."""
        return cls(**_shown(found))


@dataclass(frozen=True, slots=True)
class EndpointMade:
    """An endpoint with its secret, which is shown this once."""

    id: str
    url: str
    events: list[Wanted]
    created_at: datetime
    paused: Literal["failing", "gone"] | None
    paused_at: datetime | None
    failing_since: datetime | None
    former_secret_until: datetime | None
    secret: str | None

    @classmethod
    def of(cls, made: Endpoint, *, secret: bool) -> "EndpointMade":
        """Show a new endpoint, or a new secret."""
        # Into the one answer that shows it.
        return cls(**_shown(made), secret=shown_secret(made.secret).reveal() if secret else None)


def _shown(found: Endpoint) -> dict[str, Any]:
    return {
        "id": found.id,
        "url": found.url,
        "events": sorted(kind.value for kind in found.kinds),
        "created_at": found.created_at,
        "paused": found.paused.value if found.paused else None,
        "paused_at": found.paused_at,
        "failing_since": found.failing_since,
        "former_secret_until": found.former_until,
    }


@dataclass(frozen=True, slots=True)
class EndpointsFound:
    """All endpoints of the club."""

    endpoints: list[EndpointInFull]


@dataclass(frozen=True, slots=True)
class NoticeInFull:
    """A notice, and what became of it."""

    id: str
    """The `webhook-id` under which it is sent."""
    type: str
    happened_at: datetime
    state: Literal["waiting", "delivered", "parked"]
    attempts: int
    tried_at: datetime | None
    status: int | None
    """What the endpoint answered last."""
    trouble: str | None
    """Why the last attempt does not count: `too_slow`, `no_line`, `no_trust`, `forbidden_address`, `redirect` or
    `refused`."""
    payload: Any
    """What is sent."""

    @classmethod
    def of(cls, found: Notice) -> "NoticeInFull":
        """Show a notice."""
        return cls(
            id=found.id,
            type=found.kind.value,
            happened_at=found.happened_at,
            state=found.state.value,
            attempts=found.attempts,
            tried_at=found.tried_at,
            status=found.status,
            trouble=found.trouble,
            payload=Raw(found.body.encode()),
        )


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """Some notices, the latest first, and where older ones begin; null when there are none."""

    notices: list[NoticeInFull]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many notices are told again."""

    notices: int
