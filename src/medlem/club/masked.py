"""A value that must not be read by accident: tokens, numbers, names.

It prints as bullets wherever it is formatted, logged or raised; only `reveal` gives it out, so that
every place where it leaves its wrapper can be found by searching for that word.
"""

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")

BULLETS = "•••"


class Masked(Generic[T]):
    """Wraps a value whose every textual form is bullets."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Give the value out. Say in the code beside the call where it goes."""
        return self._value

    def __repr__(self) -> str:
        return BULLETS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle is a copy that nobody masks."""
        raise TypeError("a masked value is not for pickling")
