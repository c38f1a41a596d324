"""What can keep an answer from us. Inside this package these are raised; the port turns them into answers.

The difference that matters most: `NotSent` is a promise that nobody was asked anything, `NoReply` is not.
"""

from datetime import timedelta


class Unavailable(Exception):
    """The platform cannot answer now; later it may."""

    def __init__(self, why: str, retry_after: timedelta | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class NotSent(Unavailable):
    """Nothing left the house: no address, no connection, no TLS."""


class NoReply(Unavailable):
    """The request went out, and no complete answer came back."""

    def __init__(self, why: str, *, dropped: bool = False) -> None:
        super().__init__(why)
        self.dropped = dropped
        """The connection ended before a single byte came: perhaps it was long dead."""


class KeysRefused(Exception):
    """The platform does not accept the sales unit's keys."""


class Surprise(Exception):
    """A complete answer that we cannot read or must not trust."""

    def __init__(self, why: str, digest: str | None = None) -> None:
        super().__init__(why)
        self.digest = digest
