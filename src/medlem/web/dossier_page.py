"""Everything that is kept of a member, for a person to read and print: one page that needs nothing else.

What the customer, the merchant or the platform has written stands in it as text and is never read as HTML.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any, Final

from medlem.web.dossier import Export

TITLES: Final[Mapping[str, str]] = {
    "member": "You, as the club knows you",
    "numbers": "Phone numbers",
    "decisions": "How it was decided that a number is yours",
    "consents": "What you have answered",
    "platform_answers": "Your answers, as the app sent them",
    "withdrawals": "When you ended the sharing of your profile",
    "memberships": "Earlier memberships",
    "identifications": "At the till, within the last day",
    "enrolments": "Questions in the app",
    "deliveries": "What the shop's own register was told",
    "rights": "What was done when you asked",
    "merges": "When somebody said that you stand in the register twice",
    "former": "What was kept of you under another member number",
}

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;break-after:avoid}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;break-inside:avoid}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ccc;"
    "overflow-wrap:anywhere}th{width:14rem;font-weight:600}"
)


POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a browser may do with it: nothing but show it."""


def page(export: Export) -> str:
    """The page."""
    parts = [
        f"<h1>{escape(export.club.name)}: everything that is kept about you</h1>",
        f"<p>Drawn {_said(export.drawn_at)}, for member {escape(export.member.member_number)}.</p>",
    ]
    for name, title in TITLES.items():
        content = getattr(export, name)
        parts.append(f"<h2>{title}</h2>")
        parts += _tables(content) if isinstance(content, list) else [_table(_rows(content))]
        if name == "member":
            rest = {part: getattr(export, part) for part in ("sub", "last_seen_at", "to_be_erased_since")}
            parts.append(_table(list(rest.items())))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(export.club.name)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _tables(many: Sequence[Any]) -> Iterator[str]:
    if not many:
        yield "<p>Nothing.</p>"
    elif not is_dataclass(many[0]):
        yield _table([("at", one) for one in many])
    else:
        for one in many:
            yield _table(_rows(one))


def _rows(content: Any, before: str = "") -> list[tuple[str, Any]]:
    """Names and values, those inside others with both names."""
    found: list[tuple[str, Any]] = []
    for name, value in _parts(content):
        if is_dataclass(value) or isinstance(value, Mapping):
            found += _rows(value, f"{before}{name} ")
        elif isinstance(value, list | tuple):
            for number, one in enumerate(value, start=1):
                inside = is_dataclass(one) or isinstance(one, Mapping)
                found += _rows(one, f"{before}{name} {number} ") if inside else [(f"{before}{name} {number}", one)]
        else:
            found.append((f"{before}{name}", value))
    return found


def _parts(content: Any) -> list[tuple[str, Any]]:
    if isinstance(content, Mapping):
        return list(content.items())
    return [(part.name, getattr(content, part.name)) for part in fields(content)]


def _table(rows: Sequence[tuple[str, Any]]) -> str:
    lines = [f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{_said(value)}</td></tr>" for name, value in rows]
    return f"<table>{''.join(lines)}</table>"


def _said(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return escape(str(value))
