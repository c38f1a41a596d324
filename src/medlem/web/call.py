"""A call: a request whose sender we know, with what its operation needs to answer it."""

import hashlib
from typing import TypeVar

from litestar.types import HTTPScope

from medlem.club.errors import Forbidden, Unauthenticated
from medlem.club.masked import Masked
from medlem.club.place import Club, Key, KeyKind, Station
from medlem.flows.ports import Ports
from medlem.web import login
from medlem.web.desk import Desk
from medlem.web.problems import visit_of
from medlem.web.reading import body_of, decode, id_of, require_json

T = TypeVar("T")

_BEARER = b"bearer "


class Call:
    """One request to one operation."""

    __slots__ = ("_body", "_key", "desk", "query", "scope", "secret", "visit")

    def __init__(self, desk: Desk, scope: HTTPScope) -> None:
        self.desk = desk
        self.scope = scope
        self.visit = visit_of(scope)
        self.query: dict[str, str] = {}
        self.secret: Masked[str] | None = None
        self._key: Key | None = None
        self._body: bytes | None = None

    @property
    def ports(self) -> Ports:
        """The outside world."""
        return self.desk.ports

    @property
    def key(self) -> Key:
        """The key that opened the door; only behind a door that asks for one."""
        if self._key is None:
            raise LookupError("this call came in without a key")
        return self._key

    async def admit(self, kinds: frozenset[KeyKind]) -> None:
        """Let in who has a right key.

        Raises:
            Unauthenticated: there is no key, or none that is valid.
            Forbidden: a valid key of another kind.
        """
        secret = self._secret(cookie=KeyKind.STATION in kinds)
        key = await self.desk.keys.find(secret)
        if key is None:
            raise Unauthenticated("This key is not valid. Check that it is complete, or ask for a new one.")
        if key.kind not in kinds:
            raise Forbidden(f"This call takes {' or '.join(sorted(kinds))} keys; this is one for {key.kind} calls.")
        self._key, self.secret = key, secret
        if key.station is not None:
            self.visit.station = key.station

    async def station(self) -> Station:
        """The station that calls."""
        return await self.desk.station(self.key)

    async def club(self) -> Club:
        """The club that the key belongs to."""
        return await self.desk.club(self.key.club)

    def path(self, name: str, prefix: str) -> str:
        """An id in the path.

        Raises:
            NotFound: it cannot be one.
        """
        return id_of(prefix, self.scope["path_params"][name])

    async def read(self, kind: type[T], *types: str) -> T:
        """The body, as JSON of that kind; it says that it is JSON, or one of those types.

        Raises:
            UnsupportedMediaType, TooLarge, InvalidRequest: it is not.
        """
        require_json(self.visit, *types)
        return decode(kind, await self.body())

    async def body(self) -> bytes:
        """The body as it came.

        Raises:
            TooLarge: there is too much of it.
        """
        if self._body is None:
            self._body = await body_of(self.visit)
        return self._body

    async def fingerprint(self) -> str:
        """A hash that tells one body from another."""
        return hashlib.sha256(await self.body()).hexdigest()

    def header(self, name: bytes) -> str | None:
        """A header, by its lower-case name."""
        value = self.visit.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def _secret(self, *, cookie: bool) -> Masked[str]:
        header = self.visit.headers.get(b"authorization")
        if header is not None:
            if header[: len(_BEARER)].lower() != _BEARER:
                raise Unauthenticated("Send the key as Authorization: Bearer mdl_….")
            return Masked(header[len(_BEARER) :].strip().decode("latin-1"))
        found = login.secret_of(self.scope, self.visit) if cookie else None
        if found is None:
            raise Unauthenticated("Send a key as Authorization: Bearer mdl_….")
        return found
