"""Serves pages and their files, with the headers that keep a page to itself.

A page is a file of HTML in which `{{key}}` stands for a text of the catalogue, or for a value of this visit. Values
are always escaped. What comes later, a script writes as text; the policy forbids it to write markup.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from medlem.simulator.screen.language import catalogues, language_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
GAP = re.compile(r"\{\{([\w.]+)\}\}")
PART = re.compile(r"\[\[(\w+)\]\]")
"""Where the frame takes in whole pieces of ours; nothing that anybody typed is among them."""


def page(http: web.Request, package: str, name: str, *, status: int = 200, **values: str) -> web.Response:
    """Show a page of a package in the visitor's language; `values` are put in under their names."""
    language = language_of(http)
    own = {"language": language, "package": _last(package), "script": f"/pages/{_last(package)}/{_last(package)}.js"}
    texts = catalogues()[language] | own | values
    parts = {"body": _read(package, name), "languages": _languages(language)}
    whole = PART.sub(lambda gap: parts[gap[1]], _read(__name__.rpartition(".")[0], "frame.html"))
    return web.Response(
        status=status,
        text=GAP.sub(lambda gap: escape(texts[gap[1]]), whole),
        content_type="text/html",
        charset="utf-8",
        headers={**SECURITY, "Vary": "Accept-Language, Cookie"},
    )


def file_routes(package: str) -> list[web.RouteDef]:
    """List the files of a package, as `/pages/<its last name>/<file>`."""
    return [
        web.get(f"/pages/{_last(package)}/{file.name}", _sender(file.read_bytes(), KINDS[kind]))
        for file in sorted((files(package) / "static").iterdir(), key=lambda file: file.name)
        if (kind := file.name.rpartition(".")[2]) in KINDS
    ]


def shared_routes() -> list[web.RouteDef]:
    """List what every page needs: the shared files, and the catalogues."""
    texts = [
        web.get(f"/pages/text/{language}.json", _sender(msgspec.json.encode(texts), "application/json"))
        for language, texts in catalogues().items()
    ]
    return [*file_routes(__name__.rpartition(".")[0]), *texts]


def _languages(chosen: str) -> str:
    """Write a button for each language, in that language."""
    return "".join(
        f'<button type="button" class="quiet" data-language="{code}" lang="{code}"'
        f' aria-pressed="{"true" if code == chosen else "false"}">{escape(texts["language"])}</button>'
        for code, texts in catalogues().items()
    )


@cache
def _read(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")


def _last(package: str) -> str:
    return package.rpartition(".")[2]


def _sender(content: bytes, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def send(_http: web.Request) -> web.Response:
        return web.Response(body=content, content_type=kind, charset="utf-8", headers=SECURITY)

    return send
