"""`medlem webhooks`: what the platform delivers to us, under which secrets, and where it tells of ended sharing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from medlem.app import House, open_house
from medlem.app.registering import order_of
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.place import Club
from medlem.config import Settings, load
from medlem.flows import sharing
from medlem.flows.answers import Replaced, Standing, Subscribed
from medlem.flows.member_tables import WithdrawalAddress
from medlem.flows.registering import Order, Outcome, settle

NOWHERE = (
    "MEDLEM_PUBLIC_URL is not set, or MEDLEM_WEBHOOKS is off: nothing is delivered to us, and polling does it all."
)


@click.group("webhooks")
def command() -> None:
    """Deliveries of the platform."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What we know of one event."""

    event: str
    current: Subscribed | None
    replaced: Sequence[Replaced]


@command.command("list")
@club_option
@config_option
@json_option
def list_(*, club: str | None, config: Path | None, as_json: bool) -> None:
    """List our registrations, and what stands at the platform for this sales unit."""
    log_to_stderr(quiet=True)
    seen, standing = asyncio.run(_list(load(config), club))
    stands = {one.id for one in standing or ()}
    ours = [_told(one, stands if standing is not None else None) for one in seen]
    known = {one["id"] for event in ours for one in [event["in_force"], *event["replaced"]] if one}
    others = [
        {"id": one.id, "url": one.url, "events": sorted(one.events)} for one in standing or () if one.id not in known
    ]
    content = {"events": ours, "others": others, "platform_answers": standing is not None}
    answer(content, _in_words(content), as_json=as_json)


@command.command("rotate")
@click.option("--event", "events", multiple=True, help="Only this event; may be given several times.")
@club_option
@config_option
@json_option
def rotate(*, events: tuple[str, ...], club: str | None, config: Path | None, as_json: bool) -> None:
    """Replace the secrets of our registrations now. Safe while the service runs.

    Deliveries signed with either secret are taken until the old one has ended. An event of which the platform takes one
    registration at a time has to be named: nothing is delivered for a moment while it is replaced.
    """
    log_to_stderr(quiet=True)
    rotated, outcome = asyncio.run(_rotate(load(config), events, club))
    if outcome is Outcome.BUSY:
        raise click.ClickException("Another process is settling registrations. Try again in a minute.")
    if outcome is Outcome.NOT_YET:
        raise click.ClickException(
            "Not everything could be replaced (the log says what). What stood goes on delivering, and the service "
            "tidies up by itself."
        )
    answer({"rotated": rotated}, "\n".join(f"replaced  {event}" for event in rotated), as_json=as_json)


@command.command("withdrawal-address")
@click.option("--replace", is_flag=True, help="Make another one; the old one is heard for two weeks more.")
@click.option("--at-once", is_flag=True, help="With --replace: do not hear the old one any more.")
@club_option
@config_option
@json_option
def withdrawal_address(*, replace: bool, at_once: bool, club: str | None, config: Path | None, as_json: bool) -> None:
    """Show where the platform tells us that a customer ended sharing in the app.

    Give the address to Vipps MobilePay and to nobody else: what comes there is not signed.
    """
    log_to_stderr(quiet=True)
    if at_once and not replace:
        raise click.UsageError("--at-once goes with --replace.")
    settings = load(config)
    if settings.public_url is None:
        raise click.ClickException("MEDLEM_PUBLIC_URL is not set: nobody could reach the address.")
    made = asyncio.run(_address(settings, club, replace=replace, at_once=at_once))
    url = f"{settings.public_url}/hooks/withdrawn/{made.secret.reveal()}"  # to whoever runs the club
    answer({"url": url, "made_at": made.made_at.isoformat()}, url, as_json=as_json)


async def _list(settings: Settings, wanted: str | None) -> tuple[list[_Seen], Sequence[Standing] | None]:
    async with open_house(settings) as house:
        club, order = await _order(house, wanted)
        known = house.storage.reading.webhooks
        events = {one.event for one in order.wanted} | set(await known.registered_events(club.id))
        seen = [
            _Seen(event, await known.registration(club.id, event), await known.replaced(club.id, event))
            for event in sorted(events)
        ]
        return seen, await house.platform.registrations(club.id)


async def _rotate(settings: Settings, events: tuple[str, ...], wanted: str | None) -> tuple[list[str], Outcome]:
    async with open_house(settings) as house:
        _, order = await _order(house, wanted, events)
        return sorted(order.anew), await settle(house.ports, house.platform, order)


async def _address(settings: Settings, wanted: str | None, *, replace: bool, at_once: bool) -> WithdrawalAddress:
    async with open_house(settings) as house:
        club = await house.clubs.named(wanted)
        return await sharing.address(house.ports, club.id, replace=replace, at_once=at_once)


async def _order(house: House, wanted: str | None, events: tuple[str, ...] | None = None) -> tuple[Club, Order]:
    """A club, and how its registrations should be; with `events` those are replaced, or all that can overlap."""
    club = await house.clubs.named(wanted)
    settings = await house.clubs.settings(club.id)
    if settings is None:
        raise click.ClickException(NOWHERE)
    order = await order_of(house.storage.reading, settings, club, house.ports.clock.now())
    if order is None:
        raise click.ClickException(NOWHERE)
    if events is None:
        return club, order
    names = [one.event for one in order.wanted]
    if strange := sorted(set(events) - set(names)):
        raise click.ClickException(f"There is no event {', '.join(strange)} here. There are: {', '.join(names)}.")
    anew = events or [one.event for one in order.wanted if not one.alone]
    return club, replace(order, anew=frozenset(anew))


def _told(seen: _Seen, stands: set[str] | None) -> dict[str, Any]:
    def one(of: Subscribed, ended: str | None) -> dict[str, Any]:
        return {
            "id": of.id,
            "url": of.url,
            "made_at": of.created_at.isoformat(),
            "ended_at": ended,
            "stands": None if stands is None else of.id in stands,
        }

    return {
        "event": seen.event,
        "in_force": one(seen.current, None) if seen.current else None,
        "replaced": [one(it.subscribed, it.ended_at.isoformat() if it.ended_at else None) for it in seen.replaced],
    }


def _in_words(content: dict[str, Any]) -> str:
    lines: list[str] = []
    for event in content["events"]:
        lines.append(event["event"])
        if event["in_force"] is None:
            lines.append("  not registered")
        for kind, ones in (("in force", [event["in_force"]]), ("replaced", event["replaced"])):
            lines += [
                f"  {kind}  {one['id']}  {one['url']}  since {one['made_at']}  {_state(one)}" for one in ones if one
            ]
    lines += [f"others'  {one['id']}  {one['url']}  {', '.join(one['events'])}" for one in content["others"]]
    if not content["platform_answers"]:
        lines.append("The platform does not tell what stands there; the log says why.")
    return "\n".join(lines)


def _state(one: dict[str, Any]) -> str:
    return {True: "stands", False: "does not stand", None: "unknown"}[one["stands"]]
