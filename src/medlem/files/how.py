"""How a file is to be read: what whoever imports it says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from medlem.club.consent import Method


class Dates(StrEnum):
    """What comes first where a day is written with slashes or dashes."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What is said of a file beside it."""

    country: str
    """The region in which a number without its country code is read, where the line does not say."""
    now: datetime
    encoding: str | None = None
    """None: UTF-8, or what the first bytes say."""
    delimiter: str | None = None
    """None: what the header has most of."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Their header → our column."""
    ignored: frozenset[str] = frozenset()
    """Their headers of which nothing is taken."""
    dates: Dates | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    """What everybody was shown who said yes, by question, where the line does not say."""
    methods: Mapping[str, Method] = field(default_factory=dict)
    """How everybody answered, by question, where the line does not say."""
