"""How long what is kept of people is kept, as the shop decides."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Keeping:
    """Times of the settings; None is *off*."""

    inactive_after: timedelta | None = timedelta(days=730)
    """A member whom no till has found for so long is to be erased."""
    notice: timedelta = timedelta(days=30)
    """How long they stand on the list of those before it happens."""
    attempts: timedelta | None = timedelta(days=30)
    """How long a question that made nobody a member is kept before it is only counted."""
    proof: timedelta | None = timedelta(days=1095)
    """How long the proof of an erased member's consents is kept."""
