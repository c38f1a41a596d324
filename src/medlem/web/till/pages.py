"""The till page over HTTP. These are pages and no calls of the API, so the OpenAPI document leaves them out."""

import io
import json
from functools import cache
from html import escape
from typing import Final

import segno

from medlem.club.brand import qr_hosts
from medlem.club.errors import NotFound
from medlem.club.identification import LIFE
from medlem.club.phone import COUNTRIES
from medlem.flows.tables import StorageUnavailable
from medlem.web import login
from medlem.web.answer import Answer
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation
from medlem.web.options import TillOptions
from medlem.web.till.assets import assets
from medlem.web.till.language import choose

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PERMISSIONS: Final = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=()"

HTML: Final = "text/html; charset=utf-8"

_SHOWN: Final = ("NO", "DK", "SE", "FI")
"""The countries to choose from; the shop's own is always among them."""

_PAGE: Final = Reply(description="The page.", media_type="text/html")
_FILE: Final = Reply(description="The file.", media_type="application/octet-stream")
_PICTURE: Final = Reply(description="The picture.", media_type="image/svg+xml")


@operation("GET", "/till", door=Door.ANYBODY, replies={200: _PAGE})
async def page(call: Call) -> Answer:
    """The till page. It is for whoever has paired; everybody else sees a field for a pairing code."""
    settings, all_files = await _options(call), assets()
    language = choose(call.header(b"accept-language") or "", settings.country, all_files.languages)
    return Answer(
        200,
        _page(settings, language, qr_hosts(call.ports.clock.now())).encode(),
        (b"content-type", HTML.encode()),
        (b"content-security-policy", POLICY.encode()),
        (b"permissions-policy", PERMISSIONS.encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"vary", b"accept-language, cookie"),
    )


@operation("GET", "/till/{version}/{folder}/{name}", door=Door.ANYBODY, replies={200: _FILE}, refuses=(NotFound,))
async def file(call: Call) -> Answer:
    """One of the files that the page is made of."""
    wanted, all_files = call.scope["path_params"], assets()
    found = all_files.found.get(f"{wanted['folder']}/{wanted['name']}")
    if found is None or wanted["version"] != all_files.version:
        raise NotFound("There is no such file. Load the page again.")
    headers = [
        (b"content-type", found.kind.encode()),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"vary", b"accept-encoding"),
    ]
    if "gzip" in (call.header(b"accept-encoding") or ""):
        return Answer(200, found.packed, *headers, (b"content-encoding", b"gzip"))
    return Answer(200, found.plain, *headers)


@operation("GET", "/till/signup.svg", door=Door.ANYBODY, replies={200: _PICTURE}, refuses=(NotFound,))
async def signup(call: Call) -> Answer:
    """The QR code of the merchant's own sign-up page."""
    url = (await _options(call)).signup_url
    if url is None:
        raise NotFound("No sign-up page is set (SIGNUP_URL).")
    return Answer(200, _qr(url), (b"content-type", b"image/svg+xml"), (b"vary", b"cookie"))


PAGES: Final = (page, file, signup)


async def _options(call: Call) -> TillOptions:
    """How this till behaves: as its club says, once it is paired. A page opens even where the database does not."""
    options = call.desk.options
    if options.till_of is None:
        return options.till
    try:
        secret = login.secret_of(call.scope, call.visit, opened=True)
        key = None if secret is None else await call.desk.keys.find(secret)
        return await options.till_of(None if key is None else key.club)
    except StorageUnavailable:
        return options.till


@cache
def _page(settings: TillOptions, language: str, hosts: frozenset[str]) -> str:
    """The page for one language; a service has one set of settings."""
    all_files = assets()
    countries = [*_SHOWN, *({settings.country} - set(_SHOWN))]
    said = {
        "files": all_files.address("").rstrip("/"),
        "language": language,
        "languages": all_files.languages,
        "country": settings.country,
        "countries": {country: COUNTRIES[country] for country in countries},
        "hosts": sorted(hosts),
        "signup": settings.signup_url,
        "several": settings.several,
        "identificationLife": LIFE.total_seconds(),
    }
    preload = [f'<link rel="modulepreload" href="{each}">' for each in all_files.addresses("js")]
    styles = [f'<link rel="stylesheet" href="{each}">' for each in all_files.addresses("css")]
    filled = {
        "language": language,
        "files": all_files.address("").rstrip("/"),
        "settings": escape(json.dumps(said, separators=(",", ":"))),
        "head": "\n".join([*styles, *preload]),
    }
    text = all_files.page
    for name, value in filled.items():
        text = text.replace("{{" + name + "}}", value)
    return text


@cache
def _qr(url: str) -> bytes:
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=2, dark="#000", light="#fff", omitsize=True)
    return out.getvalue()
