"""Keeps the merchant's endpoints, and what each of them is to hear."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from medlem.club.endpoint import PATIENCE, Endpoint, Notice, NoticeKind, NoticeState, Paused
from medlem.club.ids import ClubId, EndpointId, NoticeId, notice_id
from medlem.club.masked import Masked
from medlem.storage.identifications import AT_ONCE
from medlem.storage.sealed import SealedBytes, bytes_sealed
from medlem.storage.session import Row, Session, maybe_millis, millis, moment
from medlem.vault import Vault

DUE: Final = "due"
LATEST: Final = 2**62


class Outbox:
    """`flows.outbox_table.Outbox`."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        await self._session.run(
            "outbox.add_endpoint",
            club=endpoint.club,
            endpoint=endpoint.id,
            url=endpoint.url,
            kinds=f" {' '.join(sorted(endpoint.kinds))} ",
            secret=bytes_sealed(self._vault, endpoint.secret),
            created_at=millis(endpoint.created_at),
        )

    async def endpoint(self, club: ClubId, endpoint: str) -> Endpoint | None:
        row = await self._session.one("outbox.endpoint", club=club, endpoint=endpoint)
        return self._endpoint(row) if row else None

    async def hold_endpoint(self, club: ClubId, endpoint: str) -> Endpoint | None:
        row = await self._session.one("outbox.hold_endpoint", club=club, endpoint=endpoint)
        return self._endpoint(row) if row else None

    async def hold_endpoints(self, club: ClubId) -> int:
        return len(await self._session.all("outbox.hold_endpoints", club=club))

    async def endpoints(self, club: ClubId) -> Sequence[Endpoint]:
        return [self._endpoint(row) for row in await self._session.all("outbox.endpoints", club=club)]

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        await self._session.run(
            "outbox.save_endpoint",
            club=endpoint.club,
            endpoint=endpoint.id,
            secret=bytes_sealed(self._vault, endpoint.secret),
            former_secret=bytes_sealed(self._vault, endpoint.former_secret),
            former_until=maybe_millis(endpoint.former_until),
            paused=endpoint.paused.value if endpoint.paused else None,
            paused_at=maybe_millis(endpoint.paused_at),
            failing_since=maybe_millis(endpoint.failing_since),
            claim=endpoint.claim,
            due_at=maybe_millis(endpoint.due_at),
        )
        if endpoint.due_at is not None:
            self._session.announce(DUE)

    async def remove_endpoint(self, endpoint: Endpoint, now: datetime) -> None:
        where = {"club": endpoint.club, "endpoint": endpoint.id}
        await self._session.run("outbox.remove_endpoint", **where, now=millis(now))

    async def add(self, club: ClubId, kind: NoticeKind, body: str, now: datetime) -> int:
        rows = await self._session.all("outbox.next_sequences", club=club, pattern=f"% {kind} %", now=millis(now))
        for row in rows:
            await self._add(club, row, kind, body, now)
        return len(rows)

    async def add_all(self, club: ClubId, kind: NoticeKind, bodies: Sequence[str], now: datetime) -> None:
        rows = await self._session.all(
            "outbox.next_several", club=club, pattern=f"% {kind} %", now=millis(now), count=len(bodies)
        )
        give_up_at = millis(now + PATIENCE)
        notices = [
            {
                "club": club,
                "endpoint": row["id"],
                "sequence": int(row["last_sequence"]) - len(bodies) + place,
                "id": notice_id(now),
                "kind": kind.value,
                "body": body,
                "happened_at": millis(now),
                "give_up_at": give_up_at,
            }
            for row in rows
            for place, body in enumerate(bodies, start=1)
        ]
        if notices:
            await self._session.each("outbox.add_notice", notices)
            self._session.announce(DUE)

    async def add_for(self, endpoint: Endpoint, kind: NoticeKind, body: str, now: datetime) -> Notice:
        where = {"club": endpoint.club, "endpoint": endpoint.id}
        row = await self._session.one("outbox.next_sequence", **where, now=millis(now))
        if row is None:
            raise LookupError(f"there is no endpoint {endpoint.id}")
        return await self._add(endpoint.club, row, kind, body, now)

    async def _add(self, club: ClubId, row: Row, kind: NoticeKind, body: str, now: datetime) -> Notice:
        notice = Notice(
            id=notice_id(now),
            club=club,
            endpoint=EndpointId(row["id"]),
            sequence=int(row["last_sequence"]),
            kind=kind,
            body=body,
            happened_at=now,
            give_up_at=now + PATIENCE,
        )
        await self._session.run(
            "outbox.add_notice",
            club=club,
            endpoint=notice.endpoint,
            sequence=notice.sequence,
            id=notice.id,
            kind=kind.value,
            body=body,
            happened_at=millis(now),
            give_up_at=millis(notice.give_up_at),
        )
        self._session.announce(DUE)
        return notice

    async def next_due(self) -> datetime | None:
        row = await self._session.one("outbox.next_due")
        return moment(row["due"]) if row else None

    async def claim(self, now: datetime, lease: timedelta, most: int) -> Sequence[Endpoint]:
        rows = await self._session.all("outbox.claim", now=millis(now), lease_until=millis(now + lease), most=most)
        return [self._endpoint(row) for row in rows]

    async def release_leases(self) -> None:
        """Let endpoints be told at once that a process which died was telling; only for who serves alone."""
        await self._session.run("outbox.release_leases")

    async def waiting(self, endpoint: Endpoint, most: int) -> Sequence[Notice]:
        where = {"club": endpoint.club, "endpoint": endpoint.id}
        return [_notice(row) for row in await self._session.all("outbox.waiting", **where, most=most)]

    async def save(self, notice: Notice) -> None:
        await self._session.run(
            "outbox.save_notice",
            club=notice.club,
            endpoint=notice.endpoint,
            sequence=notice.sequence,
            state=notice.state.value,
            attempts=notice.attempts,
            tried_at=maybe_millis(notice.tried_at),
            http_status=notice.status,
            trouble=notice.trouble,
        )

    async def notice(self, endpoint: Endpoint, notice: str) -> Notice | None:
        row = await self._session.one("outbox.notice", club=endpoint.club, endpoint=endpoint.id, id=notice)
        return _notice(row) if row else None

    async def notices(
        self, endpoint: Endpoint, state: NoticeState | None, before: int | None, most: int
    ) -> Sequence[Notice]:
        where = {"club": endpoint.club, "endpoint": endpoint.id, "before": before or LATEST, "most": most}
        if state is None:
            return [_notice(row) for row in await self._session.all("outbox.notices", **where)]
        return [_notice(row) for row in await self._session.all("outbox.notices_in", **where, state=state.value)]

    async def count(self, endpoint: Endpoint, state: NoticeState) -> int:
        where = {"club": endpoint.club, "endpoint": endpoint.id, "state": state.value}
        row = await self._session.one("outbox.count", **where)
        return int(row["many"]) if row else 0

    async def first_since(self, endpoint: Endpoint, since: datetime) -> int | None:
        where = {"club": endpoint.club, "endpoint": endpoint.id}
        row = await self._session.one("outbox.first_since", **where, since=millis(since))
        return int(row["sequence"]) if row else None

    async def tell_again(self, endpoint: Endpoint, first: int, most: int, now: datetime) -> Sequence[int]:
        rows = await self._session.all(
            "outbox.tell_again",
            club=endpoint.club,
            endpoint=endpoint.id,
            first=first,
            most=most,
            give_up_at=millis(now + PATIENCE),
        )
        return sorted(int(row["sequence"]) for row in rows)

    async def extend(self, endpoint: Endpoint, now: datetime) -> None:
        where = {"club": endpoint.club, "endpoint": endpoint.id}
        await self._session.run("outbox.extend", **where, give_up_at=millis(now + PATIENCE))

    async def forget(self, before: datetime) -> int:
        return await self._session.run("outbox.forget", before=millis(before), most=AT_ONCE)

    def _endpoint(self, row: Row) -> Endpoint:
        former = row["former_secret"]
        return Endpoint(
            id=EndpointId(row["id"]),
            club=ClubId(row["club"]),
            url=row["url"],
            kinds=frozenset(NoticeKind(kind) for kind in row["kinds"].split()),
            secret=self._sealed(row["secret"]),
            former_secret=None if former is None else self._sealed(former),
            former_until=moment(row["former_until"]),
            created_at=moment(int(row["created_at"])),
            paused=Paused(row["paused"]) if row["paused"] else None,
            paused_at=moment(row["paused_at"]),
            failing_since=moment(row["failing_since"]),
            claim=row["claim"],
            due_at=moment(row["due_at"]),
        )

    def _sealed(self, secret: bytes) -> Masked[bytes]:
        return SealedBytes(self._vault, secret)


def _notice(row: Row) -> Notice:
    return Notice(
        id=NoticeId(row["id"]),
        club=ClubId(row["club"]),
        endpoint=EndpointId(row["endpoint"]),
        sequence=row["sequence"],
        kind=NoticeKind(row["kind"]),
        body=row["body"],
        happened_at=moment(int(row["happened_at"])),
        state=NoticeState(row["state"]),
        attempts=row["attempts"],
        tried_at=moment(row["tried_at"]),
        status=row["http_status"],
        trouble=row["trouble"],
        give_up_at=moment(int(row["give_up_at"])),
    )
