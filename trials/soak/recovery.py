"""How long what a killed node held stays where it is: seen in the database, from outside."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from medlem.storage.postgresql.faults import EXPECTED
from trials.soak.crew import Crew, Death
from trials.soak.diary import Line

GLANCE: Final = 0.05
LONGEST: Final = 60.0
WEIGHED_EVERY: Final = 2.0

_HELD: Final = """
select id, claim, lease_until > 0 as held, case when answer is null then claimed_at + interval_ms end as not_before
from enrolment
where state = 'waiting' and claimed_by = $1 and (lease_until > 0 or (answer is not null and failures = 0))
"""
_NOW: Final = "select id, claim, lease_until > 0 as held from enrolment where id = any($1) and state = 'waiting'"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one death held up."""

    death: Death
    alone: bool
    """Whether no other node was there to take over, or not for long enough."""
    held: int
    freed: float
    """Seconds until the last of it was no longer bound to the dead."""
    moved: float
    """Seconds until another node had taken up the last of it, or it had ended."""
    late: float
    """How much later that was than the platform's interval allowed, at most."""


@dataclass
class Recovery:
    """Watches every death."""

    database: str
    crew: Crew
    clock: float
    """What the wall shows when the monotonic clock shows nothing, in seconds."""
    found: list[Recovered] = field(default_factory=list)
    unseen: int = 0
    """Deaths at which the database was away."""
    megabytes: float = 0.0
    files: int = 0
    _watching: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Watch until cancelled."""
        seen = 0
        while True:
            for death in self.crew.deaths[seen:]:
                seen += 1
                if not death.how.startswith(("told", "exit")):
                    task = asyncio.create_task(self._watch(death, alone=self._nobody_there()))
                    self._watching.add(task)
                    task.add_done_callback(self._watching.discard)
            await asyncio.sleep(GLANCE)

    async def weigh(self) -> None:
        """See what the nodes take of the machine, until cancelled."""
        while True:
            for node in self.crew.nodes:
                self.megabytes = max(self.megabytes, node.megabytes)
                self.files = max(self.files, node.files)
            await asyncio.sleep(WEIGHED_EVERY)

    def _nobody_there(self) -> bool:
        return all(node.frozen for node in self.crew.up())

    async def _watch(self, death: Death, *, alone: bool) -> None:
        number = self._number(death.node)
        if number is None:
            return  # it died before it knew its number
        try:
            # Without TLS, which the server does not speak: asyncpg asks for it first, and an attempt that is given up
            # at that moment leaves a future behind whose exception nobody retrieves.
            connection = await asyncpg.connect(self.database, timeout=1, ssl=False)
            try:
                held, freed, moved, late = await _followed(connection, death, number, self.clock)
                alone = alone or any(death.at < other.at < death.at + moved for other in self.crew.deaths)
                self.found.append(Recovered(death, alone, held, freed, moved, late))
            finally:
                connection.terminate()
        except EXPECTED:
            self.unseen += 1

    def _number(self, node: str) -> int | None:
        file = self.crew.nodes[0].premises.folder / f"{node}.diary"
        with suppress(OSError):
            for text in file.read_text().splitlines()[:3]:
                line = Line.of(node, text)
                if line.what == "is":
                    return int(line.about["number"])
        return None


async def _followed(connection: Any, death: Death, number: int, clock: float) -> tuple[int, float, float, float]:
    """How many it held, and the seconds of a `Recovered`."""
    held = {row["id"]: row for row in await connection.fetch(_HELD, number)}
    bound, still = set(held), set(held)
    freed = moved = late = 0.0
    while still and moved < LONGEST:
        rows = {row["id"]: row for row in await connection.fetch(_NOW, list(still))}
        now = time.monotonic()
        same = {one for one, row in rows.items() if row["claim"] == held[one]["claim"]}
        if bound:
            bound, freed = {one for one in bound & same if rows[one]["held"]}, now - death.at
        for one in still - same:
            not_before = (held[one]["not_before"] or 0) / 1000 - clock
            late = max(late, now - max(death.at, not_before))
        still, moved = still & same, now - death.at
        await asyncio.sleep(GLANCE)
    return len(held), freed, moved, late
