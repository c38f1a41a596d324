"""Refusals: we say no, and why.

A refusal's docstring is its title, its slug is part of the API and never changes; what a caller can do about
it stands in `detail`. The club does not know HTTP: the web gives every slug its status. No text here may ever
carry a phone number, a name or a token.
"""

from dataclasses import dataclass
from typing import ClassVar


class Refusal(Exception):
    """The request cannot be met."""

    slug: ClassVar[str]

    def __init__(self, detail: str) -> None:
        """Take the sentence that says what to do now."""
        super().__init__(detail)
        self.detail = detail


class Unauthenticated(Refusal):
    """No valid key came with the request."""

    slug = "unauthenticated"


class Forbidden(Refusal):
    """This key may not do that."""

    slug = "forbidden"


class UnverifiedWebhook(Refusal):
    """The delivery is not signed by the platform."""

    slug = "unverified-webhook"

    def __init__(self, detail: str, scheme: str = "HMAC-SHA256") -> None:
        """Take what to do now, and by what the platform would have been known."""
        super().__init__(detail)
        self.scheme = scheme


class NotFound(Refusal):
    """There is no such thing here."""

    slug = "not-found"


class PreconditionFailed(Refusal):
    """It has changed since it was read."""

    slug = "precondition-failed"


class IdentificationExpired(Refusal):
    """The identification is older than fifteen minutes."""

    slug = "identification-expired"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a request body: where (RFC 6901 pointer) and what."""

    pointer: str
    detail: str


class InvalidRequest(Refusal):
    """The request is not what this call takes."""

    slug = "invalid-request"

    def __init__(self, detail: str, *flaws: Flaw) -> None:
        """List every flaw that was found."""
        super().__init__(detail)
        self.flaws = flaws


class UnreadableCode(Refusal):
    """What was scanned is no personal QR code."""

    slug = "unreadable-code"


class InvalidPhoneNumber(Refusal):
    """This cannot be the number of a mobile phone."""

    slug = "invalid-phone-number"


class IdempotencyConflict(Refusal):
    """The same Idempotency-Key came with another body."""

    slug = "idempotency-conflict"


class TooManyRequests(Refusal):
    """A limit has been reached."""

    slug = "too-many-requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        """Take the whole seconds after which it is worth asking again."""
        super().__init__(detail)
        self.retry_after = retry_after


class PlatformRefusedKeys(Refusal):
    """The platform refused the sales unit's keys."""

    slug = "platform-refused-keys"


class PlatformSurprisedUs(Refusal):
    """The platform answered in a way that cannot be trusted or read."""

    slug = "platform-surprised-us"


class PlatformUnavailable(Refusal):
    """The platform does not answer."""

    slug = "platform-unavailable"

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        """Take the whole seconds after which it is worth asking again."""
        super().__init__(detail)
        self.retry_after = retry_after


class RegisterUnavailable(Refusal):
    """The register of members does not answer."""

    slug = "register-unavailable"

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        """Take the whole seconds after which it is worth asking again."""
        super().__init__(detail)
        self.retry_after = retry_after
