"""A token answer on its way through our storage: the answer as it came, and when.

The tokens are handed out once. So they are kept first and judged afterwards, perhaps by another process and much
later; then only this tells what time it was when they came, on our clock and on the platform's.
"""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Self

import msgspec

from medlem.club.masked import Masked
from medlem.vipps.reply import Reply

_VERSION: Final = 1


class _Kept(msgspec.Struct):
    version: int
    received_at: float
    platform_at: float | None
    body: str
    redeemed: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came from the token endpoint."""

    body: bytes = field(repr=False)
    received_at: datetime
    """On our clock."""
    platform_at: datetime | None
    """On the platform's, by its `Date`; None if it did not say."""
    redeemed: bool = False
    """Whether a code was given for it: then its ID token must say which request it answers."""

    @classmethod
    def of(cls, reply: Reply, *, redeemed: bool = False) -> Self:
        """Write down an answer at the moment it came."""
        return cls(reply.body, reply.at, reply.date, redeemed)

    @property
    def judged_at(self) -> datetime:
        """The moment by which the ID token is judged: our clock at receipt, put right by the platform's."""
        return self.received_at if self.platform_at is None else self.platform_at

    def seal(self) -> Masked[bytes]:
        """The bytes to keep."""
        platform_at = None if self.platform_at is None else self.platform_at.timestamp()
        body = base64.b64encode(self.body).decode("ascii")
        kept = _Kept(_VERSION, self.received_at.timestamp(), platform_at, body, self.redeemed)
        return Masked(msgspec.json.encode(kept))

    @classmethod
    def open(cls, kept: Masked[bytes]) -> Self:
        """Read what was kept.

        Raises:
            ValueError: it is nothing that we have written.
        """
        try:
            found = msgspec.json.decode(kept.reveal(), type=_Kept)
            received_at = datetime.fromtimestamp(found.received_at, UTC)
            platform_at = None if found.platform_at is None else datetime.fromtimestamp(found.platform_at, UTC)
            body = base64.b64decode(found.body, validate=True)
        except (msgspec.MsgspecError, OverflowError, OSError, ValueError):
            raise ValueError("not a receipt") from None
        if found.version != _VERSION:
            raise ValueError("a receipt of another version")
        return cls(body, received_at, platform_at, found.redeemed)
