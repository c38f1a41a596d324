"""`medlem endpoints`: how the merchant's other systems hear, and telling them again."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.endpoint import Endpoint
from medlem.config import Settings, load
from medlem.flows import outbox
from medlem.flows.outbox import Again, Backlog


@click.group("endpoints")
def command() -> None:
    """Endpoints of the merchant's other systems. They are made and removed over the API, where secrets are shown."""


@command.command("list")
@club_option
@config_option
@json_option
def list_(*, club: str | None, config: Path | None, as_json: bool) -> None:
    """List the endpoints: whether they hear, and what waits for them."""
    log_to_stderr(quiet=True)
    found = asyncio.run(_list(load(config), club))
    rows = [_shown(*one) for one in found]
    answer({"endpoints": rows}, "\n".join(map(_in_words, rows)) or "There is no endpoint.", as_json=as_json)


@command.command("replay")
@click.argument("endpoint")
@click.option("--since", type=click.DateTime(), help="All that happened from then on, in UTC.")
@click.option("--notice", help="From this notice (ntc_…) on.")
@club_option
@config_option
@json_option
def replay(
    *, endpoint: str, since: datetime | None, notice: str | None, club: str | None, config: Path | None, as_json: bool
) -> None:
    """Tell ENDPOINT (whe_…) again what it was told, in its order and under the same ids; parked notices too.

    Safe while the service runs, whose worker does the telling. Thirty days are kept.
    """
    log_to_stderr(quiet=True)
    if (since is None) == (notice is None):
        raise click.UsageError("Say from where: either --since or --notice.")
    again = Again(notice, None if since is None else since.replace(tzinfo=UTC))
    many = asyncio.run(_replay(load(config), club, endpoint, again))
    answer({"notices": many}, f"{many} notices are told again.", as_json=as_json)


@command.command("resume")
@click.argument("endpoint")
@club_option
@config_option
@json_option
def resume(*, endpoint: str, club: str | None, config: Path | None, as_json: bool) -> None:
    """Go on with ENDPOINT (whe_…) that was paused, from where it stopped. Safe while the service runs."""
    log_to_stderr(quiet=True)
    row = _shown(*asyncio.run(_resume(load(config), club, endpoint)))
    answer(row, _in_words(row), as_json=as_json)


async def _list(settings: Settings, wanted: str | None) -> list[tuple[Endpoint, Backlog]]:
    async with open_house(settings) as house:
        club, reading = await house.clubs.named(wanted), house.storage.reading
        return [(one, await outbox.backlog(reading, one)) for one in await reading.outbox.endpoints(club.id)]


async def _replay(settings: Settings, wanted: str | None, endpoint: str, again: Again) -> int:
    async with open_house(settings) as house:
        club = await house.clubs.named(wanted)
        return await outbox.tell_again(house.ports, club.id, endpoint, again)


async def _resume(settings: Settings, wanted: str | None, endpoint: str) -> tuple[Endpoint, Backlog]:
    async with open_house(settings) as house:
        club = await house.clubs.named(wanted)
        found = await outbox.resume(house.ports, club.id, endpoint)
        return found, await outbox.backlog(house.storage.reading, found)


def _shown(endpoint: Endpoint, left: Backlog) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "paused": endpoint.paused.value if endpoint.paused else None,
        "failing_since": _spelt(endpoint.failing_since),
        "waiting": left.waiting,
        "oldest_waiting": _spelt(left.oldest),
        "parked": left.parked,
        "heard_at": _spelt(left.heard_at),
    }


def _spelt(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _in_words(row: dict[str, Any]) -> str:
    state = f"paused ({row['paused']})" if row["paused"] else "failing" if row["failing_since"] else "hears"
    return (
        f"{row['id']}  {state}\n  {row['url']}\n  {row['waiting']} wait (oldest {row['oldest_waiting'] or '–'}), "
        f"{row['parked']} parked, last heard {row['heard_at'] or 'never'}"
    )
