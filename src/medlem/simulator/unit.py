"""The one sales unit that this platform knows, its number and its keys; and a partner who may act for it.

Kept in the directory, so that a service keeps working when the simulator is started again; random without one.
"""

import secrets
from uuid import uuid4

import msgspec

from medlem.simulator.journal import Journal, Table


class SalesUnit(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant finds in the portal, and a secret of the platform's own."""

    client_id: str
    client_secret: str
    subscription_key: str
    msn: str
    name: str
    platform_secret: str


def sales_unit(journal: Journal) -> SalesUnit:
    """Find the sales unit of this directory, or found one."""
    table = Table(journal, "sales_unit", SalesUnit)
    return table.get("unit") or table.put("unit", _founded())


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of somebody who acts for merchants, and names one of them with each call."""

    client_id: str
    client_secret: str
    subscription_key: str


def partner(journal: Journal) -> Partner:
    """Find the partner of this directory, or make one."""
    table = Table(journal, "partner", Partner)
    made = Partner(
        client_id=str(uuid4()), client_secret=secrets.token_urlsafe(24), subscription_key=secrets.token_hex(16)
    )
    return table.get("partner") or table.put("partner", made)


def _founded() -> SalesUnit:
    return SalesUnit(
        client_id=str(uuid4()),
        client_secret=secrets.token_urlsafe(24),
        subscription_key=secrets.token_hex(16),
        msn=str(100_000 + secrets.randbelow(900_000)),
        name="Nordlys Kaffe",
        platform_secret=secrets.token_hex(32),
    )
