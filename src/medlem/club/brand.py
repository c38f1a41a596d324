"""What the customer calls the app. Dated, since MobilePay is renamed Vipps on 12 January 2027.

The name goes by the *customer's* country, not by the shop's (platform: knowledge base, across borders).
"""

from datetime import UTC, datetime
from typing import Final

from medlem.club.phone import PhoneNumber

RENAMED_AT: Final = datetime(2027, 1, 11, 23, 0, tzinfo=UTC)
"""Midnight in Copenhagen; Helsinki changes an hour late by this clock, which no customer will mind."""

_MOBILEPAY: Final = frozenset({"45", "358", "299"})


def app_name(phone: PhoneNumber | None, now: datetime) -> str:
    """Name the app as the owner of this number knows it."""
    mobilepay = phone is not None and phone.calling_code in _MOBILEPAY and now < RENAMED_AT
    return "MobilePay" if mobilepay else "Vipps"
