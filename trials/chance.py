"""Chance, from the seed and from nowhere else.

What is drawn for one purpose never changes what is drawn for another: a change to the product that makes one more
step leaves the customers who they were.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Final

_DRAWN: Final = ("randbits", "choice", "token_bytes", "token_urlsafe", "token_hex")
"""What the service asks `secrets` for."""


def stream(seed: int, purpose: str) -> Random:
    """One purpose's own chance."""
    return Random(f"{purpose} {seed}")


@contextmanager
def drawn_secrets(chance: Random) -> Iterator[None]:
    """Let ids and confirmation codes be drawn from the seed for as long as the block lasts: they order rows.

    Seals stay as they are, since nothing depends on how a sealed thing looks.
    """

    def token_bytes(length: int | None = None) -> bytes:
        return chance.randbytes(length or 32)

    drawn: dict[str, Callable[..., Any]] = {
        "randbits": chance.getrandbits,
        "choice": lambda letters: _one_of(chance, letters),
        "token_bytes": token_bytes,
        "token_hex": lambda length=None: token_bytes(length).hex(),
        "token_urlsafe": lambda length=None: token_bytes(length).hex(),
    }
    kept = {name: getattr(secrets, name) for name in _DRAWN}
    for name in _DRAWN:
        setattr(secrets, name, drawn[name])
    try:
        yield
    finally:
        for name, original in kept.items():
            setattr(secrets, name, original)


def _one_of(chance: Random, letters: Sequence[Any]) -> Any:
    return letters[int(chance.random() * len(letters))]
