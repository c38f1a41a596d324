"""Rings when anything changed, so that an open page looks again; what changed it finds out by looking.

Take the next ring *before* looking. A change that comes while the page is being told has then rung already, and is
not missed.
"""

import asyncio


class Bell:
    """One for the whole simulator."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.closed = False

    def next_ring(self) -> asyncio.Event:
        """Hand out what will be set at the next change."""
        return self._next

    def ring(self) -> None:
        """Tell everybody who waits."""
        self._next.set()
        self._next = asyncio.Event()

    def close(self) -> None:
        """Send everybody home: the simulator stops."""
        self.closed = True
        self.ring()
