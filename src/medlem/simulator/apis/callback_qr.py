"""QR API: codes that a merchant hangs up, and that tell the merchant who scanned them.

The merchant names them, and `Merchant-Serial-Number` is required. This part of the QR API says no in a shape of its
own: `title`, `detail`, `instance` and `invalidParams`, where the exchange says `extraDetails`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import segno

from medlem.simulator.apis.merchants import (
    SALES_UNIT,
    bearer_is_good,
    overlong_system_header,
    same_sales_unit,
    subscribed,
)
from medlem.simulator.apis.refusals import PROBLEM, bare
from medlem.simulator.stickers import LONGEST_LOCATION, Category, Code
from medlem.simulator.wire import Answer, Call, NotJson, Refused, Route, json_answer

if TYPE_CHECKING:
    from medlem.simulator.world import World

FORMATS = ("SVG", "PNG")
SMALLEST, LARGEST = 100, 2000
LONGEST_NAME = 128


def hang(world: World, call: Call) -> Answer:
    """`PUT /{merchantQrId}`: make it, or change its words; answers nothing, not even the picture."""
    name = _merchant(world, call)
    body = _object(call)
    location = body.get("locationDescription")
    if not isinstance(location, str) or not 0 < len(location) <= LONGEST_LOCATION:
        raise _bad("locationDescription", f"It is required, and has at most {LONGEST_LOCATION} characters.")
    category = body.get("category", "IN_STORE")
    if category not in get_args(Category):
        raise _bad("category", f"It is one of {', '.join(get_args(Category))}.")
    known = world.stickers.find(name)
    beacon = known.beacon if known else ""
    world.stickers.put(Code(name=name, location=location, category=category, beacon=beacon))
    return Answer(200)


def found(world: World, call: Call) -> Answer:
    """`GET /{merchantQrId}`: it, with the address of a picture."""
    code = _known(world, _merchant(world, call))
    return json_answer(_shown(world, call, code, _picture(world, call)))


def listed(world: World, call: Call) -> Answer:
    """`GET`: all of them."""
    _merchant(world, call)
    picture = _picture(world, call)
    return json_answer([_shown(world, call, code, picture) for code in world.stickers.everyone()])


def removed(world: World, call: Call) -> Answer:
    """`DELETE /{merchantQrId}`: whoever scans it from now on is told that there is no such code."""
    world.stickers.remove(_known(world, _merchant(world, call)).name)
    return Answer(200)


def mapped(world: World, call: Call) -> Answer:
    """`PUT /mobilepay/{beaconId}`: let an old printed code lead to one of ours."""
    _merchant(world, call)
    beacon = call.variables["beacon"]
    body = _object(call)
    name = body.get("merchantQrId", beacon)
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise _bad("merchantQrId", "It is a text.")
    taken = world.stickers.of_beacon(beacon)
    if taken is not None and taken.name != name:
        raise _refused(409, "Conflict", "beaconId", "The beacon leads to another code.")
    location = body.get("locationDescription", "MobilePay")
    if not isinstance(location, str) or not 0 < len(location) <= LONGEST_LOCATION:
        raise _bad("locationDescription", f"It has at most {LONGEST_LOCATION} characters.")
    world.stickers.put(Code(name=name, location=location, beacon=beacon))
    return Answer(200)


def picture(world: World, call: Call) -> Answer:
    """`GET /generate/…`: the picture itself, at the address that was told; no keys are needed to look at it."""
    asked = dict(parse_qsl(call.query))
    code = world.stickers.find(asked.get("code", ""))
    if code is None:
        return Answer(404)
    drawn, out = segno.make(world.stickers.content(code.name), error="m", micro=False), io.BytesIO()
    if call.variables["file"] == "qr.svg":
        drawn.save(out, kind="svg", border=4, light="#fff")
        return Answer(200, out.getvalue(), {"Content-Type": "image/svg+xml"})
    size = int(asked["size"]) if asked.get("size", "").isdecimal() else world.switches.qr_image_default_size
    width = drawn.symbol_size(border=4)[0]
    drawn.save(out, kind="png", border=4, scale=max(1, min(size, LARGEST) // width))
    return Answer(200, out.getvalue(), {"Content-Type": "image/png"})


def _merchant(world: World, call: Call) -> str:
    """Let only the holder of all keys pass, who must also say for which sales unit; the name in the path."""
    subscribed(world, call)
    if not bearer_is_good(world, call):
        raise bare(401)
    if not call.header(SALES_UNIT):
        raise _bad(SALES_UNIT, "The header is required.")
    if not same_sales_unit(world, call):
        raise _refused(403, "Forbidden", SALES_UNIT, "The sales unit is another merchant's.")
    if name := overlong_system_header(call):
        raise _bad(name, "The header must not be longer than 30 characters.")
    return call.variables.get("name", "")


def _known(world: World, name: str) -> Code:
    code = world.stickers.find(name)
    if code is None:
        raise _refused(404, "Not Found", "merchantQrId", "There is no such code.")
    return code


def _object(call: Call) -> dict[str, Any]:
    try:
        return call.object()
    except NotJson:
        raise _bad("body", "The request body must be a JSON object.") from None


def _picture(world: World, call: Call) -> tuple[str, int]:
    """Read which picture is wanted."""
    asked = dict(parse_qsl(call.query, keep_blank_values=True))
    form = asked.get("qrImageFormat", "SVG").upper()
    if form not in FORMATS:
        raise _bad("qrImageFormat", "It is PNG or SVG.")
    size = asked.get("qrImageSize", str(world.switches.qr_image_default_size))
    if not size.isdecimal() or not SMALLEST <= int(size) <= LARGEST:
        raise _bad("qrImageSize", f"It is between {SMALLEST} and {LARGEST}.")
    return form, int(size)


def _shown(world: World, call: Call, code: Code, wanted: tuple[str, int]) -> dict[str, str]:
    form, size = wanted
    query = {"code": code.name} | ({"size": str(size)} if form == "PNG" else {})
    return {
        "merchantSerialNumber": world.unit.msn,
        "merchantQrId": code.name,
        "locationDescription": code.location,
        "qrImageUrl": f"{call.base}/generate/qr.{form.lower()}?{urlencode(query)}",
        "qrContent": world.stickers.content(code.name),
    }


def _bad(name: str, reason: str) -> Refused:
    return _refused(400, "Bad Request", name, reason)


def _refused(status: int, title: str, name: str, reason: str) -> Refused:
    """Refuse as this part of the QR API does: `invalidParams`, and an `instance`."""
    body = {
        "title": title,
        "detail": "The request contains one or more invalid parameters.",
        "instance": f"urn:uuid:{uuid4()}",
        "invalidParams": [{"name": name, "reason": reason}],
    }
    return Refused(json_answer(body, status=status, media_type=PROBLEM))


BASE = "/qr/v1/merchant-callback"

ROUTES = (
    Route("PUT", f"{BASE}/mobilepay/{{beacon}}", "callback_qr", mapped),
    Route("PUT", f"{BASE}/{{name}}", "callback_qr", hang),
    Route("GET", f"{BASE}/{{name}}", "callback_qr", found),
    Route("DELETE", f"{BASE}/{{name}}", "callback_qr", removed),
    Route("GET", BASE, "callback_qr", listed),
    Route("GET", "/generate/{file:qr\\.(?:svg|png)}", "callback_qr", picture),
)
