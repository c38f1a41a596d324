"""Reads what a client sent, strictly: what is not understood is refused with a pointer to it.

No value that a client sent is repeated in a refusal, since a phone number may stand in the wrong place. The name of an
unknown field is, if it is one plain word.
"""

import asyncio
import re
from json import JSONDecoder
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from medlem.club.errors import Flaw, InvalidRequest, NotFound
from medlem.web.problems import ClientGone, TooLarge, UnsupportedMediaType
from medlem.web.visit import Visit

T = TypeVar("T")

LARGEST_BODY: Final = 64 * 1024
BODY_TIME: Final = 10.0

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_QUOTED = re.compile(r"'[^']*'|`([^`]*)`")
_PLAIN = re.compile(r"[A-Za-z_]{1,40}( \| null)?")
_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")


async def body_of(visit: Visit) -> bytes:
    """The whole body, as it came.

    Raises:
        TooLarge: it is, or says that it will be.
    """
    if int(visit.headers.get(b"content-length", b"0")) > LARGEST_BODY:
        raise TooLarge(f"A body may have {LARGEST_BODY} bytes.")
    first, more = await _part(visit)
    if not more:
        return _within(first)
    parts, size = [first], len(first)
    try:
        async with asyncio.timeout(BODY_TIME):
            while more and size <= LARGEST_BODY:
                part, more = await _part(visit)
                parts.append(part)
                size += len(part)
    except TimeoutError:
        raise ClientGone from None
    return _within(b"".join(parts))


def _within(body: bytes) -> bytes:
    if len(body) > LARGEST_BODY:
        raise TooLarge(f"A body may have {LARGEST_BODY} bytes.")
    return body


async def _part(visit: Visit) -> tuple[bytes, bool]:
    """What comes next of the body, and whether there is more."""
    message = await visit.receive()
    if message["type"] != "http.request":
        raise ClientGone
    return message["body"], message["more_body"]


def require_json(visit: Visit, *types: str) -> None:
    """Refuse a body that does not say it is JSON: a form on a foreign page can send anything else.

    Args:
        visit: the request.
        types: what it may say beside that.

    Raises:
        UnsupportedMediaType: it says something else.
    """
    said = visit.headers.get(b"content-type", b"")
    if said == b"application/json":
        return
    if said.partition(b";")[0].strip().lower().decode("latin-1") not in {"application/json", *types}:
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")


def decode(kind: type[T], raw: bytes) -> T:
    """Read JSON of one kind: no unknown fields, no conversions, no key twice.

    Raises:
        InvalidRequest: with a pointer to the flaw.
    """
    if not raw.strip():
        raise _invalid("", "The body is empty; JSON is expected.")
    try:
        value: T = _decoder(kind).decode(raw)
        if raw.count(b":") > 1:  # or it names one key at most
            _once_each.decode(raw.decode())
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `")
        raise _invalid(_pointer(where.rstrip("`")), _safe(said)) from None
    except (ValueError, RecursionError):  # msgspec's DecodeError and UnicodeDecodeError among them
        raise _invalid("", "The body is not JSON, or names a key twice.") from None
    return value


def query_of(raw: bytes, known: frozenset[str]) -> dict[str, str]:
    """The query's parameters, each known and given once.

    Raises:
        InvalidRequest: one is not, or the query cannot be read.
    """
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise _invalid("", "The query cannot be read.") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _invalid("", "A query parameter is given twice.")
    if not known.issuperset(found):
        raise _invalid("", f"Query parameters here: {', '.join(sorted(known)) or 'none'}.")
    return found


def id_of(prefix: str, text: str) -> str:
    """An id of that kind; what has not its shape is not looked for.

    Raises:
        NotFound: it has not.
    """
    kind, _, rest = text.partition("_")
    if kind != prefix or _ID.fullmatch(rest) is None:
        raise NotFound("There is no such thing here.")
    return text


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind, strict=True)
    return _decoders[kind]


def _no_key_twice(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")


_once_each: Final = JSONDecoder(object_pairs_hook=_no_key_twice)
"""Finds what msgspec lets pass: a key that stands twice, of which two readers may take two values."""


def _pointer(path: str) -> str:
    """The path `$.marks[1]` of msgspec as a JSON Pointer (RFC 6901)."""
    parts = (name or index for name, index in _STEP.findall(path.removeprefix("$")))
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _safe(said: str) -> str:
    """The sentence of msgspec without what the client may have written into it."""
    return _QUOTED.sub(lambda found: found[0] if found[1] and _PLAIN.fullmatch(found[1]) else "•••", said) + "."


def _invalid(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest(detail, Flaw(pointer, detail))
