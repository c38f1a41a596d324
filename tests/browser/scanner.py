"""A scanner, key by key: what it presses, and what a machine with another layout makes of it.

Written down from the layouts themselves (xkb), not from the page's own tables: one mistake must not hide in both.
"""

import asyncio
import string
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Page

DEAD: Final = "Dead"

US_KEYS: Final = {
    **{letter: (f"Key{letter.upper()}", False) for letter in string.ascii_lowercase},
    **{letter: (f"Key{letter}", True) for letter in string.ascii_uppercase},
    **{digit: (f"Digit{digit}", False) for digit in string.digits},
    **{sign: (f"Digit{digit}", True) for digit, sign in zip("1234567890", "!@#$%^&*()", strict=True)},
    " ": ("Space", False), "-": ("Minus", False), "_": ("Minus", True), "=": ("Equal", False), "+": ("Equal", True),
    "[": ("BracketLeft", False), "]": ("BracketRight", False), ";": ("Semicolon", False), ":": ("Semicolon", True),
    "'": ("Quote", False), '"': ("Quote", True), ",": ("Comma", False), ".": ("Period", False), "<": ("Comma", True),
    ">": ("Period", True), "/": ("Slash", False), "?": ("Slash", True), "\\": ("Backslash", False),
    "`": ("Backquote", False), "~": ("Backquote", True), "{": ("BracketLeft", True),
    "}": ("BracketRight", True), "|": ("Backslash", True),
}  # fmt: skip
"""Where a scanner that is set to US presses for a character: key, and whether with Shift."""

_NORDIC_KEYS: Final = {
    ":": ("Period", True), "/": ("Digit7", True), "?": ("Minus", True), "=": ("Digit0", True), "-": ("Slash", False),
    "_": ("Slash", True), "+": ("Minus", False), "&": ("Digit6", True), ";": ("Comma", True),
}  # fmt: skip
NORDIC_KEYS: Final = US_KEYS | _NORDIC_KEYS
"""The same for a scanner set to any of the four Nordic layouts; they agree on all that stands in an address."""

_NORDIC_MACHINE: Final = {
    "Backquote": ("|", "§"), "Minus": ("+", "?"), "Slash": ("-", "_"), "Comma": (",", ";"), "Period": (".", ":"),
    "Backslash": ("'", "*"), "BracketLeft": ("å", "Å"), "BracketRight": (DEAD, DEAD), "Space": (" ", " "),
    **{f"Digit{digit}": (digit, sign) for digit, sign in zip("1234567890", '!"#¤%&/()=', strict=True)},
}  # fmt: skip

_LETTERS: Final = {f"Key{letter.upper()}": (letter, letter.upper()) for letter in string.ascii_lowercase}

MACHINES: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "us": {
        code: (plain, next((c for c, key in US_KEYS.items() if key == (code, True)), plain))
        for plain, (code, shift) in US_KEYS.items()
        if not shift
    }
    | _LETTERS,
    "nb": _LETTERS | _NORDIC_MACHINE | {"Semicolon": ("ø", "Ø"), "Quote": ("æ", "Æ"), "Equal": ("\\", DEAD)},
    "da": _LETTERS | _NORDIC_MACHINE | {"Semicolon": ("æ", "Æ"), "Quote": ("ø", "Ø"), "Equal": (DEAD, DEAD)},
    "sv": _LETTERS | _NORDIC_MACHINE | {"Semicolon": ("ö", "Ö"), "Quote": ("ä", "Ä"), "Equal": (DEAD, DEAD)},
    "fi": _LETTERS | _NORDIC_MACHINE | {"Semicolon": ("ö", "Ö"), "Quote": ("ä", "Ä"), "Equal": (DEAD, DEAD)},
}
"""What a machine of each layout makes of a key: plain, and with Shift."""

PACE: Final = 2
"""Milliseconds between two keys."""

_SHIFT: Final = 8
_ALT: Final = 1


@dataclass(frozen=True)
class Scanner:
    """A scanner at a machine. Keys come a few milliseconds apart, as over USB."""

    page: Page
    machine: str = "us"
    keys: str = "us"
    """The layout that the scanner is set to: `us` or `nordic`."""
    suffix: str = "Enter"
    """`Enter`, `Tab` or none."""
    prefix: str = ""
    """Sent before each code: an AIM identifier, or `Enter`."""
    caps_lock: bool = False

    async def scan(self, text: str) -> float:
        """Type it, faster than anybody could; the moment of the last key, in milliseconds since 1970."""
        before = [_named("Enter")] if self.prefix == "Enter" else [self._stroke(each) for each in self.prefix]
        after = [_named(self.suffix)] if self.suffix else []
        return await self._send([*before, *[self._stroke(each) for each in text], *after])

    async def scan_in_numpad_mode(self, text: str) -> None:
        """Type each character as Alt and its number on the number pad."""
        digits = [digit for character in text for digit in f"0{ord(character):03}"]
        strokes = [{"key": digit, "code": f"Numpad{digit}", "modifiers": _ALT} for digit in digits]
        await self._send([*strokes, _named("Enter")])

    def _stroke(self, character: str) -> dict[str, Any]:
        code, shift = (NORDIC_KEYS if self.keys == "nordic" else US_KEYS)[character]
        key = MACHINES[self.machine][code][shift]
        if self.caps_lock and len(key) == 1:
            key = key.swapcase()
        stroke: dict[str, Any] = {"key": key, "code": code, "modifiers": _SHIFT if shift else 0}
        return stroke if key == DEAD else stroke | {"text": key}

    async def enter_at(self, moment: float) -> None:
        """Press Enter at a moment, in milliseconds since 1970."""
        await self._send([_named("Enter")], moment)

    async def _send(self, strokes: list[dict[str, Any]], began: float | None = None) -> float:
        """All at once, each with the moment at which it was pressed: this machine's load is not the scanner's pace.

        The last key is pressed now, as far as the browser can tell, and those before it a moment ago.
        """
        if began is None:
            now = float(await self.page.evaluate("performance.timeOrigin + performance.now()"))
            began = now - (len(strokes) - 1) * PACE
        cdp = await self.page.context.new_cdp_session(self.page)
        events = [
            {"type": kind, "timestamp": (began + number * PACE) / 1000} | _without_text(stroke, kind)
            for number, stroke in enumerate(strokes)
            for kind in ("keyDown", "keyUp")
        ]
        await asyncio.gather(*[cdp.send("Input.dispatchKeyEvent", event) for event in events])
        await cdp.detach()
        return began + (len(strokes) - 1) * PACE


def _without_text(stroke: dict[str, Any], kind: str) -> dict[str, Any]:
    return stroke if kind == "keyDown" else {name: value for name, value in stroke.items() if name != "text"}


def _named(key: str) -> dict[str, Any]:
    number = {"Enter": 13, "Tab": 9}[key]
    text = {"text": "\r"} if key == "Enter" else {}
    return {"key": key, "code": key, "windowsVirtualKeyCode": number, "modifiers": 0} | text
