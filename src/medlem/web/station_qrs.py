"""Station QRs over HTTP: a sticker is made, looked at, printed and taken down."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from medlem.club.errors import (
    Flaw,
    InvalidRequest,
    NotFound,
    PlatformRefusedKeys,
    PlatformSurprisedUs,
    PlatformUnavailable,
)
from medlem.club.place import Station
from medlem.flows import places, station_qrs
from medlem.flows.station_qrs import Sticker
from medlem.web.answer import Answer, done, json
from medlem.web.call import Call
from medlem.web.operation import Door, Query, Reply, operation
from medlem.web.options import Options
from medlem.web.sheet import PAPERS, Sheet, languages, printed
from medlem.web.till.language import choose

PATH: Final = "/v1/stations/{station}/qr"


def _paper_schema(_options: Options) -> dict[str, Any]:
    return {"type": "string", "enum": list(PAPERS), "default": "A6"}


def _language_schema(_options: Options) -> dict[str, Any]:
    return {"type": "string", "enum": list(languages())}


PAPER: Final = Query(name="paper", description="The paper that it is printed on.", schema=_paper_schema)
LANGUAGE: Final = Query(
    name="language", description="The language of its words; by default the club's.", schema=_language_schema
)


@dataclass(frozen=True, slots=True)
class StationQrView:
    """A station's sticker. `content` is what the code says; null while it is being made."""

    id: str
    station: str
    label: str
    state: Literal["making", "up", "removing", "removed"]
    content: str | None
    image_url: str | None
    made_at: datetime
    listening: bool

    @classmethod
    def of(cls, sticker: Sticker) -> "StationQrView":
        """Show a sticker."""
        qr = sticker.qr
        return cls(
            id=qr.id,
            station=qr.station,
            label=qr.label,
            state=qr.state.value,
            content=qr.content,
            image_url=sticker.image,
            made_at=qr.made_at,
            listening=sticker.listening,
        )


@operation(
    "PUT",
    PATH,
    door=Door.ADMIN,
    replies={200: Reply(description="The sticker, new or as it was.", body=StationQrView)},
    refuses=(NotFound, PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable),
)
async def make(call: Call) -> Answer:
    """Have a sticker for a station, which customers scan with their own app.

    The app shows the station's name. Called again it changes nothing but that name, and the printed code stays good.
    When the platform does not answer now, the sticker is made as soon as it does.
    """
    return json(200, StationQrView.of(await station_qrs.make(call.ports, await _station(call))))


@operation(
    "GET",
    PATH,
    door=Door.ADMIN,
    replies={200: Reply(description="The sticker.", body=StationQrView)},
    refuses=(NotFound,),
)
async def show(call: Call) -> Answer:
    """Show a station's sticker.

    `image_url` is where the platform shows a picture of the code today, asked anew each time since it may change, and
    null when the platform does not say. `listening` is whether the platform tells us of scans.
    """
    return json(200, StationQrView.of(await station_qrs.show(call.ports, await _station(call))))


@operation(
    "GET",
    f"{PATH}/sheet",
    door=Door.ADMIN,
    query=(PAPER, LANGUAGE),
    replies={200: Reply(description="A page to print, whole in itself.", media_type="text/html")},
    refuses=(NotFound,),
)
async def sheet(call: Call) -> Answer:
    """Print a station's sticker: a page of the chosen size, with the club's and the station's names."""
    station, club = await _station(call), await call.club()
    paper = _chosen(call, "paper", list(PAPERS), "A6")
    language = _chosen(call, "language", languages(), choose("", club.country, languages()))
    content = await station_qrs.printable(call.ports, station)
    made = printed(Sheet(club.name, station.name, content, paper, language))
    return Answer(
        200,
        made.page.encode(),
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", made.policy.encode()),
        (b"content-disposition", b'inline; filename="sticker.html"'),
    )


@operation(
    "DELETE",
    PATH,
    door=Door.ADMIN,
    replies={204: Reply(description="Scans of it count no more; the platform is told at once, or when it answers.")},
    refuses=(NotFound,),
)
async def remove(call: Call) -> Answer:
    """Take a station's sticker down for good. The next one has another code: print it anew."""
    await station_qrs.remove(call.ports, await _station(call))
    return done()


OPERATIONS = (make, show, sheet, remove)


async def _station(call: Call) -> Station:
    return await places.station(call.ports, await call.club(), call.path("station", "sta"))


def _chosen(call: Call, name: str, known: Collection[str], usual: str) -> str:
    said = call.query.get(name, usual)
    if said not in known:
        detail = f"{name} is one of {', '.join(known)}."
        raise InvalidRequest(detail, Flaw("", detail))
    return said
