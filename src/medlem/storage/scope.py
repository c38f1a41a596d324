"""Knows whether the running code stands inside a transaction.

A transaction's body awaits nothing but storage. Code that calls the outside world can ask here whether it has been
called from inside one; a task started inside a transaction is not inside it once the transaction is over.
"""

from contextvars import ContextVar, Token


class Scope:
    """One transaction, from its beginning to the end of its body."""

    __slots__ = ("_token", "open")

    def __init__(self) -> None:
        self.open = False
        self._token: Token[Scope | None] | None = None

    @staticmethod
    def forbid_nesting() -> None:
        """One transaction never begins inside another, for it would wait for itself."""
        if in_transaction():
            raise RuntimeError("A transaction was begun inside another.")

    def enter(self) -> None:
        """Begin the body."""
        self._token = _current.set(self)
        self.open = True

    def leave(self) -> None:
        """End it."""
        self.open = False
        if self._token is not None:
            _current.reset(self._token)


_current: ContextVar[Scope | None] = ContextVar("transaction", default=None)


def in_transaction() -> bool:
    """Whether the caller stands in the body of a transaction."""
    scope = _current.get()
    return scope is not None and scope.open
