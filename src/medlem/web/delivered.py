"""What the platform's deliveries say. Fields that are not named here are none of our business, and may come any day."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct


class Ping(Struct):
    """The platform says that there is an answer (Login API: webhooks)."""

    auth_req_id: str


class CheckedIn(Struct, rename="camel"):
    """A customer has scanned a sticker (QR API: user.checked-in.v1); two spellings of the sales unit are about."""

    customer_token: Annotated[str, Meta(min_length=1, max_length=4096)]
    merchant_qr_id: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[!-~]*\Z")]
    initiated_at: Annotated[str, Meta(max_length=64)] = ""
    msn: str | int | None = None
    merchant_serial_number: str | int | None = None

    @property
    def sales_unit(self) -> str | None:
        """Whose sticker it is, if the platform says."""
        named = self.merchant_serial_number if self.msn is None else self.msn
        return None if named is None else str(named)

    @property
    def moment(self) -> datetime | None:
        """When it was scanned; its fractions of a second have seven digits, or as many as the platform likes."""
        try:
            found = datetime.fromisoformat(self.initiated_at)
            moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
