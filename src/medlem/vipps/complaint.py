"""What the platform says when it says no: one reader for all the shapes that its interfaces use.

Documented are problem details with `extraDetails` or `invalidParams`, the QR exchange's own shape, OAuth's
`error` with a vendor's `error_code` (a word or an integer), and the gateway's `statusCode` and `message`; seen are
empty bodies and HTML. Nobody says *where* the vendor's words stand, so they are looked for wherever they may be.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from medlem.club.enrolment import Reason

VENDOR_REASONS: Final = {
    "invalid_user": Reason.CANNOT_USE_APP,
    "unknown_user_id": Reason.CANNOT_USE_APP,
    "old_app": Reason.APP_TOO_OLD,
    "outdated_app_version": Reason.APP_TOO_OLD,
}
_LISTS: Final = frozenset({"extraDetails", "invalidParams"})
_SHAPES: Final = frozenset({"error", "title", "detail", "message", "statusCode"})
_VENDOR_WORD = re.compile(rf"\b({'|'.join(VENDOR_REASONS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a refused call came back with, as far as it can be read; every part may be missing."""

    error: str | None = None
    """OAuth's `error`."""
    words: str = ""
    """Everything in which a vendor's word may hide."""
    fields: tuple[str, ...] = ()
    """The names of the parameters that were not right."""
    readable: bool = False
    """Whether it was any of the documented shapes."""

    @classmethod
    def of(cls, body: dict[str, Any] | None) -> Self:
        """Read a refusal of any documented shape; an unreadable one is an empty complaint."""
        if body is None:
            return cls()
        error = body.get("error")
        spoken = [body.get(name) for name in ("error", "error_code", "error_description")]
        return cls(
            error=error.strip() if isinstance(error, str) and error.strip() else None,
            words=" ".join([str(word) for word in spoken if isinstance(word, (str, int))]),
            fields=() if _LISTS.isdisjoint(body) else tuple(_field_names(body)),
            readable=not _SHAPES.isdisjoint(body),
        )

    @property
    def vendor_reason(self) -> Reason | None:
        """What the platform says of the customer's app, in its own words."""
        found = _VENDOR_WORD.search(self.words)
        return VENDOR_REASONS[found[1].lower()] if found else None


def _field_names(body: dict[str, Any]) -> list[str]:
    listed = [body.get(name) for name in sorted(_LISTS)]
    entries = [entry for some in listed if isinstance(some, list) for entry in some if isinstance(entry, dict)]
    return [entry["name"] for entry in entries if isinstance(entry.get("name"), str)]
