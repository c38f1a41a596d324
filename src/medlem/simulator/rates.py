"""How many calls a minute somebody made, for the limits of the platform."""

from collections import Counter


class PerMinute:
    """Counts by key, and begins anew with each minute of the clock."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def count(self, key: str, at: float) -> int:
        """Count one more; answers how many it were in this minute."""
        if int(at // 60) != self._minute:
            self._minute = int(at // 60)
            self._counts.clear()
        self._counts[key] += 1
        return self._counts[key]
