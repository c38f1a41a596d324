"""The storage as one node sees it: the real one, shared by all nodes, with a node that may die between any two steps.

What is committed is written into the history, in the order of the transactions.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, cast

from medlem.club.enrolment import Enrolment
from medlem.club.identification import Identification
from medlem.flows.ports import Storage, Watch
from medlem.flows.tables import StorageUnavailable, Tables
from trials.faults import Fault
from trials.loop import WITHIN

if TYPE_CHECKING:
    from trials.node import Node

NOUNS: Final = tuple(name for name, noun in vars(Tables).items() if isinstance(noun, property))


class Killed(BaseException):
    """The process is no more; nothing that it left behind may have an effect."""


class _Noun:
    """One noun's table; its methods may be the last thing that a process does."""

    def __init__(
        self, table: object, around: Callable[[str, Callable[..., Awaitable[Any]]], Callable[..., Any]]
    ) -> None:
        self._table = table
        self._around = around

    def __getattr__(self, name: str) -> Callable[..., Any]:
        wrapped = self._around(name, getattr(self._table, name))
        setattr(self, name, wrapped)
        return wrapped


class _Nouns:
    """`flows.tables.Tables`."""

    def __init__(
        self, tables: Tables, around: Callable[[str, Callable[..., Awaitable[Any]]], Callable[..., Any]]
    ) -> None:
        for noun in NOUNS:
            setattr(self, noun, _Noun(getattr(tables, noun), around))


class NodeStorage:
    """`flows.ports.Storage` of one node."""

    def __init__(self, node: "Node", storage: Storage) -> None:
        self._node = node
        self._storage = storage
        self._reading = cast("Tables", _Nouns(storage.reading, self._around_reading))
        self._writing: Tables | None = None
        self.current: _Transaction | None = None

    @property
    def reading(self) -> Tables:
        """What has been committed."""
        return self._reading

    def transaction(self) -> "_Transaction":
        """All or nothing, or the end."""
        return _Transaction(self, self._node, self._storage)

    @contextmanager
    def watch(self, topic: str) -> Iterator[Watch]:
        """Wait for a topic; between machines, news of it may get lost."""
        with self._storage.watch(topic) as watch:
            yield watch if self._node.alone else _Distant(self._node, watch)

    def within(self, tables: Tables) -> Tables:
        """The tables of a transaction's body, made once: one body runs at a time."""
        if self._writing is None:
            self._writing = cast("Tables", _Nouns(tables, self._around_writing))
        return self._writing

    def _around_reading(self, name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        node = self._node

        def read(*args: Any) -> Awaitable[Any]:
            if node.dead:
                raise Killed
            if node.database_fails():
                node.befell(Fault.UNREADABLE)
                raise StorageUnavailable(f"The database does not answer to {name}.")
            return method(*args)

        return read

    def _around_writing(self, name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        node, watched = self._node, name in {"save", "save_all", "open", "add"}

        async def noted(kept: Any, *more: Any) -> Any:
            written = await method(kept, *more)
            if self.current is not None:
                self.current.wrote += _written(kept, written)
            return written

        def write(*args: Any) -> Awaitable[Any]:
            transaction = self.current
            if node.dead or transaction is None:
                raise Killed
            if node.burns():
                return transaction.perish(Fault.KILLED_INSIDE)
            if node.database_fails():
                node.befell(Fault.DISK_FULL)
                raise StorageUnavailable("The disk is full. Free some space.")
            return noted(*args) if watched and args else method(*args)

        return write


def _written(kept: object, written: object) -> "list[Enrolment | Identification]":
    """What a table says that it has kept."""
    if isinstance(kept, Identification):
        return [kept]
    if isinstance(kept, Enrolment) and isinstance(written, Enrolment):  # opened, unless another was open already
        return [written] if written.id == kept.id else []
    if isinstance(kept, Enrolment):
        return [kept] if written is True else []
    return [one for one in kept if isinstance(one, Enrolment)] if isinstance(kept, list) else []


class _Distant:
    """A watch on what may have been committed by another machine."""

    def __init__(self, node: "Node", watch: Watch) -> None:
        self._node = node
        self._watch = watch

    async def changed(self) -> None:
        """Return once anything was announced, unless the news got lost."""
        await self._watch.changed()
        while self._node.database_fails():
            self._node.befell(Fault.UNHEARD)
            await self._watch.changed()


class _Transaction:
    """One turn with the database."""

    def __init__(self, storage: NodeStorage, node: "Node", real: Storage) -> None:
        self._storage = storage
        self._node = node
        self._real = real.transaction()
        self.wrote: list[Enrolment | Identification] = []

    async def __aenter__(self) -> Tables:
        node = self._node
        if node.dead:
            raise Killed
        if node.burns():
            await node.perish(Fault.KILLED_OUTSIDE)
        if node.database_fails():
            node.befell(Fault.NO_DATABASE)
            raise StorageUnavailable("The database does not answer.")
        token = WITHIN.set(None)  # what the database does, it does though the node dies
        try:
            tables = await self._real.__aenter__()
        finally:
            WITHIN.reset(token)
        self._storage.current = self
        return self._storage.within(tables)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        node, storage = self._node, self._storage
        if storage.current is not self:
            return  # it ended with its process
        if error is None and node.burns():
            await self.perish(Fault.KILLED_AT_COMMIT)
        storage.current = None
        if error is None:
            node.history.commit(self.wrote, node)
        token = WITHIN.set(None)
        try:
            await self._real.__aexit__(kind, error, trace)
        finally:
            WITHIN.reset(token)
        if error is None:
            if node.burns():
                await node.perish(Fault.KILLED_AT_COMMIT)
            if node.database_fails():
                node.befell(Fault.COMMIT_UNKNOWN)
                raise StorageUnavailable("The connection broke while the database committed.")

    async def perish(self, fault: Fault) -> None:
        """Die in the middle; the database takes everything back."""
        self._storage.current = None
        token = WITHIN.set(None)
        try:
            await self._real.__aexit__(Killed, Killed(), None)
        finally:
            WITHIN.reset(token)
        await self._node.perish(fault)
