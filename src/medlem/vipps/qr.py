"""A personal QR code, or the token of a check-in, exchanged for the number behind it (QR API: exchange).

The code goes to the platform whole. Which status it has for a code that is unknown or too old is written nowhere,
so every complete refusal that is about the code, or names nothing else, is taken to mean that.
"""

import asyncio
from typing import Any, Final

from medlem.club.errors import UnreadableCode
from medlem.club.identification import Evidence
from medlem.club.masked import Masked
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Revealed
from medlem.vipps.access_token import AccessToken
from medlem.vipps.complaint import Complaint
from medlem.vipps.errors import required_object
from medlem.vipps.http import Request, TimeOuts
from medlem.vipps.reply import Reply
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.telling import told
from medlem.vipps.troubles import Surprise

OPERATION: Final = "exchange"
PATH: Final = "/qr/v1/exchange"
CUSTOMER: Final = "exchange_customer"
CUSTOMER_PATH: Final = "/qr/v1/exchange/customer"
TOKENISED: Final = "2.0"
ABOUT_THE_CODE: Final = frozenset({400, 404, 410, 422})


class QrExchange:
    """Exchanges codes with one sales unit's keys."""

    def __init__(self, unit: SalesUnit, token: AccessToken, time_outs: TimeOuts) -> None:
        self._unit = unit
        self._token = token
        self._time_outs = time_outs

    async def reveal(self, code: PersonalQr) -> Revealed:
        """Exchange a code.

        Raises:
            UnreadableCode: the platform does not know it, or it is too old.
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """
        # Here the code leaves its wrapper: into the body of a call to the platform.
        body = {"qrCode": code.reveal(), "requestedData": ["MSISDN"]}
        phone, answer = await self._exchanged(OPERATION, PATH, body, "qrcode")
        # Any other version, known or not, may be the kind that anybody who knows the number can draw.
        tokenised = answer.get("version") == TOKENISED
        return Revealed(phone, Evidence.PERSONAL_QR_TOKEN if tokenised else Evidence.PERSONAL_QR_CLEAR)

    async def reveal_customer(self, token: Masked[str]) -> PhoneNumber:
        """Exchange the token of a check-in.

        Raises:
            UnreadableCode: the platform does not know it, or it is too old.
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """
        # Here the token leaves its wrapper: into the body of a call to the platform.
        body = {"customer": {"customerToken": token.reveal()}, "requestedData": ["MSISDN"]}
        return (await self._exchanged(CUSTOMER, CUSTOMER_PATH, body, "customer"))[0]

    async def _exchanged(
        self, operation: str, path: str, body: dict[str, Any], subject: str
    ) -> tuple[PhoneNumber, dict[str, Any]]:
        """The number, and the whole answer; `subject` is what the platform calls it that was to be exchanged."""
        request = Request(
            operation=operation,
            method="POST",
            url=self._unit.url(path),
            json=body,
            within=self._time_outs.call,
            repeatable=True,
        )
        with told(
            later="Scan once more in a moment, or type the phone number.",
            keys="Type the phone number. Whoever runs this service must check the sales unit's keys.",
            surprise="Scan once more, or type the phone number.",
        ):
            async with asyncio.timeout(self._time_outs.scan):
                reply = await self._token.authorized(request)
            return _read(reply, operation, subject)


def _read(reply: Reply, operation: str, subject: str) -> tuple[PhoneNumber, dict[str, Any]]:
    if reply.status in ABOUT_THE_CODE and _is_about(reply.complaint, subject):
        raise UnreadableCode("The code is not known, or too old. Ask the customer to show it once more.")
    body = required_object(reply, operation)
    number = body.get("msisdn")
    try:
        return PhoneNumber.from_platform(number if isinstance(number, str) else ""), body
    except ValueError:
        raise Surprise("no number in the answer", reply.digest) from None


def _is_about(said: Complaint, subject: str) -> bool:
    return said.readable and (not said.fields or any(subject in name.lower() for name in said.fields))
