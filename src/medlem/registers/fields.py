"""What a merchant's own register calls things, and how one member is read out of what it says.

Names are dotted paths into a JSON answer (`customer.phones.0`), or columns of a table. What is not quite as it should
be is no answer: a till must rather know nothing than greet somebody else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from medlem.club.member import Entry, Profile
from medlem.club.phone import PhoneNumber

PHONE, MEMBER, ID, NUMBER = "phone", "member", "id", "member_number"
NAME, GIVEN, FAMILY, SINCE = "name", "given_name", "family_name", "since"
OF_A_MEMBER: Final = (ID, NUMBER, NAME, GIVEN, FAMILY, SINCE)

LONGEST_TEXT: Final = 200
LONGEST_NUMBER: Final = 64

_DIGITS = re.compile(r"\D+")
_TYPED = re.compile(r"\A\+?[0-9 ().\u00a0-]{5,30}\Z")


class Unreadable(Exception):
    """It is no answer that can be trusted; the text says why in one word of a closed list, and holds nothing of it."""


class _Nothing:
    """There is no such field."""


_NOTHING: Final = _Nothing()


@dataclass(frozen=True, slots=True)
class Fields:
    """Where each thing stands in a JSON answer."""

    paths: Mapping[str, str]

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Fields":
        """What is not said stands where the documented answer has it, below wherever the member is."""
        member = said.get(MEMBER, MEMBER)
        usual = {PHONE: PHONE, MEMBER: member} | {name: f"{member}.{name}" for name in OF_A_MEMBER}
        return cls({**usual, **said})

    def read(self, answer: Any, asked: PhoneNumber) -> Entry | None:
        """Whom an answer names; None when it says that there is nobody.

        Raises:
            Unreadable: it says neither, or speaks of another number than was asked.
        """
        member = self._at(answer, MEMBER)
        if isinstance(member, _Nothing):
            raise Unreadable("shape")
        if member is not None or not self.paths[PHONE].startswith(f"{self.paths[MEMBER]}."):
            same_number(self._at(answer, PHONE), asked)
        if member is None:
            return None
        return entry_of({name: self._at(answer, name) for name in OF_A_MEMBER})

    def _at(self, answer: Any, name: str) -> Any:
        """The value at a path. A list of several is several people, and an empty one is nobody."""
        found = answer
        for step in self.paths[name].split("."):
            if found is None:
                return None
            if isinstance(found, dict):
                found = found.get(step, _NOTHING)
            elif isinstance(found, list) and step == "0":
                if len(found) > 1:
                    raise Unreadable("several")
                found = found[0] if found else None
            else:
                return _NOTHING
        return found


def same_number(said: Any, asked: PhoneNumber) -> None:
    """Make sure that an answer is about the number that was asked: the whole one, or as people write it at home.

    Raises:
        Unreadable: it is about another one, or about none.
    """
    text = str(said) if isinstance(said, int) and not isinstance(said, bool) else said
    if not isinstance(text, str) or not _TYPED.match(text.strip()):
        raise Unreadable("number")
    digits = _DIGITS.sub("", text).removeprefix("00")
    home = national(asked)
    if digits not in {asked.msisdn, home, f"0{home}"}:
        raise Unreadable("other_number")


def national(phone: PhoneNumber) -> str:
    """The number without its country code."""
    return phone.msisdn.removeprefix(phone.calling_code)


def entry_of(values: Mapping[str, Any]) -> Entry:
    """One member.

    Args:
        values: by our names; what is missing is `None` or not there.

    Raises:
        Unreadable: there is no member number, or something is not what it should be.
    """
    number = _text(values.get(NUMBER), LONGEST_NUMBER)
    if number is None:
        raise Unreadable("member_number")
    profile = Profile(
        name=_text(values.get(NAME), LONGEST_TEXT),
        given_name=_text(values.get(GIVEN), LONGEST_TEXT),
        family_name=_text(values.get(FAMILY), LONGEST_TEXT),
    )
    return Entry(
        id=_text(values.get(ID), LONGEST_NUMBER) or number,
        member_number=number,
        name=profile.short_name,
        since=_moment(values.get(SINCE)),
    )


def _text(value: Any, longest: int) -> str | None:
    if value is None or isinstance(value, _Nothing):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > longest:
        raise Unreadable("shape")
    # Names come with joiners and hard spaces, and sometimes with what a till must not be told to do.
    return "".join(filter(str.isprintable, " ".join(value.split()))) or None


def _moment(value: Any) -> datetime | None:
    """A moment or a day; anything else is left out, for nothing hangs on it."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return None
