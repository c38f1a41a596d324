"""Wrong pairing codes, counted by where they come from, so that nobody guesses one in ten minutes.

A code has 35 bits and lives for ten minutes; ten guesses an address leave no hope. The count is this process's own.
"""

import ipaddress
import math
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from medlem.club.errors import TooManyRequests

MOST: Final = 10
WITHIN: Final = timedelta(minutes=10)


class Attempts:
    """Who has been wrong how often."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._wrong: dict[str, deque[datetime]] = {}

    def refuse_guesser(self, address: str, now: datetime) -> None:
        """Turn away whoever has been wrong too often.

        Raises:
            TooManyRequests: with the seconds to wait.
        """
        wrong = self._wrong.get(_neighbourhood(address))
        while wrong and wrong[0] <= now - WITHIN:
            wrong.popleft()
        if wrong and len(wrong) >= self._most:
            left = math.ceil((wrong[0] + WITHIN - now).total_seconds())
            raise TooManyRequests("Too many wrong pairing codes came from here. Wait, and ask for a new one.", left)

    def note_wrong(self, address: str, now: datetime) -> None:
        """Remember a wrong code, and forget those who have been quiet."""
        self._wrong = {who: wrong for who, wrong in self._wrong.items() if wrong and wrong[-1] > now - WITHIN}
        self._wrong.setdefault(_neighbourhood(address), deque()).append(now)


def _neighbourhood(address: str) -> str:
    """The address, or the /64 that one household has of IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ip) if isinstance(ip, ipaddress.IPv4Address) else str(ipaddress.ip_network((ip, 64), strict=False))
