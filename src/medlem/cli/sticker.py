"""`medlem station qr` and `medlem station orphans`: the stickers that customers scan, from the command line."""

import asyncio
from pathlib import Path

import click

from medlem.app import open_house
from medlem.cli.common import answer, club_option, config_option, json_option, log_to_stderr
from medlem.club.errors import NotFound
from medlem.club.place import Club, Station
from medlem.config import Settings, load
from medlem.flows import station_qrs
from medlem.flows.answers import HungQr
from medlem.flows.ports import Ports
from medlem.flows.station_qrs import Sticker
from medlem.web.sheet import PAPERS, Sheet, languages, printed
from medlem.web.till.language import choose


@click.command("qr")
@click.argument("station")
@click.option("--sheet", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to print into this file.")
@click.option("--paper", type=click.Choice(list(PAPERS)), default="A6", show_default=True, help="The page's size.")
@click.option("--language", type=click.Choice(languages()), help="The page's language; without, the club's.")
@click.option("--remove", is_flag=True, help="Take the sticker down for good instead.")
@club_option
@config_option
@json_option
def qr(  # noqa: PLR0913 - as many as the command has options
    *,
    station: str,
    sheet: Path | None,
    paper: str,
    language: str | None,
    remove: bool,
    club: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Have the sticker of STATION, an id or a name, which customers scan with their own app. Safe while it runs."""
    log_to_stderr()
    if remove:
        station_id = asyncio.run(_remove(load(config), club, station))
        answer({"station": station_id, "removed": True}, f"The sticker of {station_id} is taken down.", as_json=as_json)
        return
    made, page = asyncio.run(_make(load(config), club, station, paper, language))
    if sheet is not None:
        sheet.write_text(page, encoding="utf-8")
    content = {
        "id": made.qr.id,
        "station": made.qr.station,
        "label": made.qr.label,
        "content": made.qr.content,
        "image_url": made.image,
        "listening": made.listening,
        "sheet": None if sheet is None else str(sheet),
    }
    answer(content, _told(made, sheet), as_json=as_json)


@click.command("orphans")
@click.option("--remove", is_flag=True, help="Take them down.")
@club_option
@config_option
@json_option
def orphans(*, remove: bool, club: str | None, config: Path | None, as_json: bool) -> None:
    """List stickers of our making that the platform has and this database does not want."""
    log_to_stderr()
    found = asyncio.run(_orphans(load(config), club, remove=remove))
    listed = [{"id": one.id, "label": one.label, "content": one.content} for one in found]
    done = "taken down" if remove else "found"
    text = "\n".join([*(f"{one.id}  {one.label}" for one in found), f"{len(found)} {done}."])
    answer({"orphans": listed, "removed": remove}, text, as_json=as_json)


async def _make(
    settings: Settings, club: str | None, wanted: str, paper: str, language: str | None
) -> tuple[Sticker, str]:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        station = await _station(house.ports, whose, wanted)
        made = await station_qrs.make(house.ports, station)
        spoken = language or choose("", whose.country, languages())
        page = printed(Sheet(whose.name, station.name, made.qr.content or "", paper, spoken)).page
        return made, page


async def _remove(settings: Settings, club: str | None, wanted: str) -> str:
    async with open_house(settings) as house:
        station = await _station(house.ports, await house.clubs.named(club), wanted)
        await station_qrs.remove(house.ports, station)
        await house.ports.errands.finish()  # what the platform could not be told, the service tells it
        return station.id


async def _orphans(settings: Settings, club: str | None, *, remove: bool) -> list[HungQr]:
    async with open_house(settings) as house:
        whose = await house.clubs.named(club)
        found = await station_qrs.orphans(house.ports, whose.id)
        for one in found if remove else ():
            await house.ports.platform.remove_qr(whose.id, one.id)
        return found


async def _station(ports: Ports, club: Club, wanted: str) -> Station:
    known = await ports.storage.reading.places.stations(club.id)
    found = [one for one in known if wanted in {one.id, one.name}]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"There are {len(found)} stations of that name. Name one by its id.")
    raise NotFound("The club has no such station.")


def _told(made: Sticker, sheet: Path | None) -> str:
    lines = [f"sticker  {made.qr.id}", f"station  {made.qr.station}", f"content  {made.qr.content}"]
    if sheet is not None:
        lines.append(f"sheet    {sheet}")
    if not made.listening:
        lines.append("The platform does not tell us of scans yet: the service needs PUBLIC_URL, and has to run.")
    return "\n".join(lines)
