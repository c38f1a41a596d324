"""What the program knows with a date: the app's names and the hosts of its codes."""

from datetime import datetime, timedelta, timezone
from typing import Final

from medlem.app.doctor.findings import Finding, look, well
from medlem.club import brand

_SHOPS_TIME: Final = timezone(timedelta(hours=1))

OLD: Final = 180
"""Days after which somebody should compare the table with what the platform has announced since."""


def names(now: datetime) -> Finding:
    """How old the table of names and hosts is, and what it says comes next."""
    days = (now.date() - brand.AS_OF).days
    change = brand.next_change(now)
    coming = "" if change is None else f" The app is renamed on {_day(change)}; that happens by itself."
    text = f"The app's names and hosts are as of {brand.AS_OF.isoformat()}."
    if days > OLD:
        advice = "Install a newer version of medlem, or set APP_NAMES and QR_HOSTS if the platform has changed them."
        return look("brand", f"{text[:-1]}, {days} days ago.{coming}", advice)
    return well("brand", text + coming)


def _day(moment: datetime) -> str:
    return moment.astimezone(_SHOPS_TIME).date().isoformat()
