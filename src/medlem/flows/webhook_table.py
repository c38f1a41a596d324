"""Our registrations with the platform, and what it has delivered: what is kept, as `tables` describes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from medlem.club.enrolment import Enrolment
from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows.answers import Replaced, Subscribed


@dataclass(frozen=True, slots=True)
class Turn:
    """One process's turn at a club's registrations, under a fencing number that a sleeper cannot outdo."""

    club: ClubId
    claim: int


class Webhooks(Protocol):
    """Our registrations with the platform, and what it has delivered."""

    async def delivered_at(self, club: ClubId, event: str) -> datetime | None:
        """When the platform last delivered this event."""

    async def note_delivery(self, club: ClubId, event: str, now: datetime) -> None: ...
    async def ping(self, club: ClubId, request: Masked[str], now: datetime) -> bool:
        """Store that the platform named this `auth_req_id`, as a keyed hash; False if it had before."""

    async def pinged(self, club: ClubId, request: Masked[str]) -> datetime | None: ...
    async def forget_pings(self, before: datetime) -> int: ...
    async def expect(self, enrolment: Enrolment, token: Masked[str], now: datetime) -> None:
        """Remember, as a keyed hash, the token by which the provider may ping about this enrolment."""

    async def bind(self, enrolment: Enrolment, request: Masked[str]) -> None:
        """From now on that token goes with this `auth_req_id` and no other."""

    async def vouched(self, club: ClubId, token: Masked[str], request: Masked[str] | None) -> bool:
        """Whether the token is one of ours, and for this request, as far as it is known already."""

    async def forget_notifications(self, before: datetime) -> int: ...
    async def registration(self, club: ClubId, event: str) -> Subscribed | None:
        """The one in force."""

    async def keep_registration(self, club: ClubId, event: str, subscribed: Subscribed) -> None: ...
    async def drop_registration(self, club: ClubId, event: str) -> None: ...
    async def registered_events(self, club: ClubId) -> Sequence[str]:
        """Every event of which there is a registration, in force or replaced."""

    async def replaced(self, club: ClubId, event: str) -> Sequence[Replaced]: ...
    async def keep_replaced(self, club: ClubId, event: str, replaced: Replaced) -> None: ...
    async def drop_replaced(self, club: ClubId, event: str, before: datetime) -> None:
        """Forget those that had ended by then, and their secrets."""

    async def take_turn(self, club: ClubId, now: datetime, until: datetime) -> Turn | None:
        """Be the one who settles the club's registrations; None while somebody else is."""

    async def hold_turn(self, turn: Turn, until: datetime) -> bool:
        """Go on being it; False when somebody else has taken over."""

    async def end_turn(self, turn: Turn, checked_at: datetime | None) -> None:
        """Let others; with the moment in which all was found to be right, if it was."""

    async def checked_at(self, club: ClubId) -> datetime | None:
        """When all was last found to be right."""
