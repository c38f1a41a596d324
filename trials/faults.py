"""The classes of trouble, and how often each of them comes.

A world has its weather: how bad a day it is for the platform, the database and the processes. Near the end it clears
up, since what has not been put right in good weather is what we look for.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final


class Fault(StrEnum):
    """What can go wrong, as it is counted."""

    SERVER_ERROR = "platform answers 5xx"
    TOO_MANY = "platform answers 429"
    UNSENT = "no connection to the platform"
    TIMEOUT_LOST = "time-out, the call never arrived"
    TIMEOUT_REACHED = "time-out, the call had arrived"
    RESET = "connection reset in the middle"
    SLOW = "platform answers slowly"
    BAD_ANSWER = "platform answers what must not be trusted"
    TOKENS_LOST = "tokens lost on the wire"
    SLOW_DOWN = "platform says slow_down"
    AWAY = "platform away for a while"
    PING_LOST = "ping lost"
    PING_LATE = "ping late"
    PING_DOUBLE = "ping twice"
    PING_DISORDERED = "ping overtakes another, or the answer to the ask"
    PING_FORGED = "ping forged"
    NO_DATABASE = "database unavailable at begin"
    UNREADABLE = "database unavailable to a reader"
    COMMIT_UNKNOWN = "committed, but told that it failed"
    DISK_FULL = "disk full in the middle of a transaction"
    UNHEARD = "news of a commit lost"
    KILLED_OUTSIDE = "killed beside a transaction or a call"
    KILLED_INSIDE = "killed between two statements"
    KILLED_AT_COMMIT = "killed before or after a commit"
    KILLED_CALLING = "killed before, in or after a platform call"
    STOPPED = "told to stop, and started again"
    FROZEN = "frozen longer than its lease"
    DEAF = "an endpoint that does not hear, or is not heard to have"
    CLOCK_OFF = "a node whose machine has the wrong time"
    STREAM_DROPPED = "a till's stream cut"
    DOUBLE_SCAN = "scanned twice"
    DOUBLE_PRESS = "pressed twice"
    TWO_STATIONS = "two stations ask one phone"
    NEW_NUMBER = "a customer's number changes"


@dataclass
class Weather:
    """How bad a day it is. Probabilities for a call, numbers for a world."""

    platform: float
    slow: float
    database: float
    pings: float
    deaths: int
    stops: int
    freezes: int
    absences: int
    drops: float
    """Streams cut, for each till and minute."""


def forecast(chance: Random) -> Weather:
    """One world's weather: some days are fine but for one thing, some are bad all over."""
    if chance.random() < 0.3:
        # Frost: processes freeze with an answer in their hands, and thaw while others, slowly, look for it.
        return Weather(
            platform=0.02,
            slow=chance.choice((0.1, 0.4)),
            database=0.0,
            pings=chance.choice((0.2, 0.8)),
            deaths=0,
            stops=0,
            freezes=12,
            absences=0,
            drops=0.0,
        )
    return Weather(
        platform=chance.choice((0.02, 0.08, 0.15, 0.3)),
        slow=0.02,
        database=chance.choice((0.0, 0.002, 0.006, 0.015)),
        pings=chance.choice((0.2, 0.5, 0.8)),
        deaths=chance.choice((0, 3, 6, 12)),
        stops=chance.choice((0, 1, 2, 3)),
        freezes=chance.choice((0, 1, 3, 8)),
        absences=chance.choice((0, 0, 0, 1)),
        drops=chance.choice((0.0, 1.0, 3.0)),
    )


FINE: Final = Weather(platform=0, slow=0, database=0, pings=0, deaths=0, stops=0, freezes=0, absences=0, drops=0)


@dataclass
class Trouble:
    """What has gone wrong in one world so far, and whether more may."""

    weather: Weather
    chance: Random
    clear: bool = False
    """From here on everything goes well."""
    counts: Counter[Fault] = field(default_factory=Counter)

    def note(self, fault: Fault) -> None:
        """Count it."""
        self.counts[fault] += 1

    def strikes(self, probability: float) -> bool:
        """Whether it happens this time."""
        return not self.clear and probability > 0 and self.chance.random() < probability
