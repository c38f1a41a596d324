"""An operation: one call of the API, described once.

From this description come the route, the check of the key, the check of the query and its entry in the OpenAPI
document, so that what is published cannot differ from what is done. Litestar finds the route; `Entry` does the rest:
its own guards and injected arguments cost more than the whole answer to a scan does.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, cast

from litestar.enums import HttpMethod
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from medlem.club.errors import Refusal
from medlem.club.place import KeyKind
from medlem.web.answer import NO_CONTENT, Answer, Sendable
from medlem.web.call import Call
from medlem.web.desk import Desk
from medlem.web.options import Options
from medlem.web.problems import MethodNotAllowed
from medlem.web.reading import query_of

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_PARAMETER = re.compile(r"\{(\w+)\}")


class Door(Enum):
    """Who may come in."""

    STATION = frozenset({KeyKind.STATION})
    INTEGRATION = frozenset({KeyKind.INTEGRATION, KeyKind.ADMIN})
    ADMIN = frozenset({KeyKind.ADMIN})
    OPERATOR = "admin key, or this machine"
    ADDRESS = "whoever knows the address"
    PAIRING = "whoever knows a pairing code"
    PLATFORM = "whoever signs as the platform"
    PROVIDER = "a provider that holds the token of a question"
    ANYBODY = "anybody"

    @property
    def kinds(self) -> frozenset[KeyKind] | None:
        """The kinds of key that open it; None where the operation itself decides."""
        return self.value if isinstance(self.value, frozenset) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query parameter."""

    name: str
    description: str
    schema: Callable[[Options], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One way in which the operation answers when all is well."""

    description: str
    body: Any = None
    """The type of its JSON; None for no body."""
    media_type: str = "application/json"
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call."""

    method: Method
    path: str
    door: Door
    run: Callable[[Call], Awaitable[Sendable]]
    replies: Mapping[int, Reply]
    body: Any = None
    """The type of the JSON that it takes."""
    query: tuple[Query, ...] = ()
    refuses: tuple[type[Refusal], ...] = ()
    """What it may refuse beyond what every call with its door and body may."""
    takes: tuple[str, ...] = ("application/json",)
    """The media types in which its body may come; the first is the usual one."""
    conditional: bool = False
    """Whether it heeds `If-Match`."""
    repeatable: bool = False
    """Whether it heeds `Idempotency-Key`."""

    @property
    def name(self) -> str:
        """Its operationId."""
        module = self.run.__module__.rpartition(".")[2]
        return f"{module}_{self.run.__name__}"

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return _PARAMETER.findall(self.path)


def operation(
    method: Method, path: str, **described: Any
) -> Callable[[Callable[[Call], Awaitable[Sendable]]], Operation]:
    """Describe the call that a function answers; its docstring is the published description."""

    def describe(run: Callable[[Call], Awaitable[Sendable]]) -> Operation:
        return Operation(method=method, path=path, run=run, **described)

    return describe


class Entry:
    """Where a request enters its operation: key, then query, then the work. Bodies come last."""

    def __init__(self, of: Operation, desk: Desk) -> None:
        self._run = of.run
        self._kinds = of.door.kinds
        self._desk = desk
        self._query = frozenset(query.name for query in of.query)
        self._strict_query = of.door not in {Door.ANYBODY, Door.OPERATOR, Door.PLATFORM, Door.PROVIDER, Door.ADDRESS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        entered = cast("HTTPScope", scope)
        call = Call(self._desk, entered)
        if self._kinds is not None:
            await call.admit(self._kinds)
        if entered["query_string"] and self._strict_query:
            call.query = query_of(entered["query_string"], self._query)
        answer = await self._run(call)
        await answer(entered, receive, send)


class Crossing:
    """One path, where each method leads to its operation."""

    def __init__(self, entries: Mapping[Method, Entry]) -> None:
        self._entries = cast("Mapping[str, Entry]", entries)
        self._allow: Final = ", ".join([*entries, "OPTIONS"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request enter its operation.

        Raises:
            MethodNotAllowed: none is done by this method.
        """
        entered = cast("HTTPScope", scope)
        entry = self._entries.get(entered["method"])
        if entry is not None:
            await entry(scope, receive, send)
        elif entered["method"] == HttpMethod.OPTIONS:
            await Answer(NO_CONTENT, b"", (b"allow", self._allow.encode()))(entered, receive, send)
        else:
            raise MethodNotAllowed(f"This path takes {self._allow}.", self._allow)


def routes(operations: Iterable[Operation], desk: Desk) -> list[ASGIRouteHandler | HTTPRouteHandler]:
    """The routes on which Litestar finds the operations: one a path, since it answers `OPTIONS` by the route."""
    paths: dict[str, dict[Method, Entry]] = {}
    for of in operations:
        paths.setdefault(of.path, {})[of.method] = Entry(of, desk)
    return [_route(path, entries) for path, entries in paths.items()]


def _route(path: str, entries: Mapping[Method, Entry]) -> ASGIRouteHandler | HTTPRouteHandler:
    """The plainest route that Litestar has for the path.

    Its HTTP routes make a request, arguments and a response for every call, which are not used here and cost some
    microseconds; but the others find no parameters in a path.
    """
    crossing: Final = Crossing(entries)

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        await crossing(scope, receive, send)

    def find() -> ASGIApp:
        return crossing

    found = _PARAMETER.sub(r"{\1:str}", path)
    if found == path:
        return ASGIRouteHandler(path, copy_scope=False)(enter)
    return HTTPRouteHandler(found, http_method=list(entries), status_code=200, sync_to_thread=False)(find)
