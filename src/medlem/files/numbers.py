"""Phone numbers in cells, and what spreadsheets make of them."""

import re
from typing import Final

from medlem.club.errors import InvalidPhoneNumber
from medlem.club.phone import COUNTRIES, PhoneNumber
from medlem.files.columns import squashed
from medlem.files.reasons import Why, Wrong

_FORMULA: Final = re.compile(r'\A=\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>\+?[0-9 ]+))\s*\Z')
"""`="…"` and `=+47…`, by which people keep a spreadsheet from reckoning with a number."""

_ROUNDED: Final = re.compile(r"\A[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+\Z")
_FLOATING: Final = re.compile(r"\A\+?[0-9]+[.,]0{1,2}\Z")
"""A whole number that passed through a program that knows only fractions."""

_PLAIN: Final = re.compile(r"\A\+?[0-9]+\Z", re.ASCII)
"""Most numbers, which nobody and nothing has wrapped in anything."""
_SPELT_OUT: Final = ("+", "00", "\uff0b", "tel:+")

_REGIONS: Final = {
    squashed(name): region
    for region, names in {
        "NO": ("Norge", "Norway", "Noreg", "Norja", "NOR"),
        "DK": ("Danmark", "Denmark", "Tanska", "DNK"),
        "SE": ("Sverige", "Sweden", "Ruotsi", "SWE"),
        "FI": ("Finland", "Suomi", "FIN"),
        "GL": ("Grønland", "Greenland", "Grönland", "Kalaallit Nunaat", "GRL"),
    }.items()
    for name in (region, *names, COUNTRIES[region], f"+{COUNTRIES[region]}", f"00{COUNTRIES[region]}")
}


def unwrapped(cell: str) -> str:
    """What somebody meant who protected a number from their spreadsheet."""
    found = cell.strip()
    if formula := _FORMULA.match(found):
        found = (formula["quoted"] or formula["bare"] or "").strip()
    return found.removeprefix("'").strip()


def phone(cell: str, country: str, said: str | None) -> PhoneNumber | None:
    """The number in a cell; None if there is none.

    Args:
        cell: as it stands.
        country: the region of numbers for which the line names none.
        said: what the line says of the country.

    Raises:
        Wrong: it cannot be one.
    """
    text = cell
    if not _PLAIN.match(cell):
        text = unwrapped(cell)
        if not text:
            return None
        if _ROUNDED.match(text):
            raise Wrong(Why.PHONE_ROUNDED, _ROUNDED_SAID)
        if _FLOATING.match(text):
            text = re.split("[.,]", text)[0]
    where = country
    if said and not text.startswith(_SPELT_OUT):
        where = region(said)
    try:
        return PhoneNumber.typed(text, where)
    except InvalidPhoneNumber as refusal:
        if "two countries" in refusal.detail:
            raise Wrong(Why.PHONE_TWO_COUNTRIES, _TWO_SAID) from None
        raise Wrong(Why.PHONE, f"{refusal.detail} It was read as a number of {where}.") from None


def region(said: str) -> str:
    """The region that somebody names.

    Raises:
        Wrong: it is none in which the platform has customers.
    """
    found = _REGIONS.get(squashed(said))
    if found is None:
        raise Wrong(
            Why.COUNTRY, f"The country is one of {', '.join(COUNTRIES)}, or the number begins with + and its code."
        )
    return found


_ROUNDED_SAID: Final = (
    "A spreadsheet has rounded this number, and its last digits are lost. Format the column as text in the spreadsheet "
    "before numbers come into it, and write the file again from where the numbers are whole."
)
_TWO_SAID: Final = (
    "This number can be read in two countries; its leading 0 may have been lost in a spreadsheet. Write it with + and "
    "its country code, or with its leading 0 in a column that is formatted as text."
)
