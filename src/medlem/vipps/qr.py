"""A personal QR code, exchanged for the number behind it (QR API: exchange).

The code goes to the platform whole. Which status it has for a code that is unknown or too old is written nowhere,
so every complete refusal that is about the code, or names nothing else, is taken to mean that.
"""

import asyncio
from typing import Final

from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode
from medlem.club.identification import Evidence
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Revealed
from medlem.vipps.access_token import AccessToken
from medlem.vipps.errors import required_object
from medlem.vipps.http import Request, TimeOuts
from medlem.vipps.reply import Reply
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

OPERATION: Final = "exchange"
PATH: Final = "/qr/v1/exchange"
TOKENISED: Final = "2.0"
ABOUT_THE_CODE: Final = frozenset({400, 404, 410, 422})
SOON: Final = 5


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
        request = Request(
            operation=OPERATION,
            method="POST",
            url=self._unit.url(PATH),
            headers=self._unit.key_headers() | self._unit.system_headers(),
            # Here the code leaves its wrapper: into the body of a call to the platform.
            json={"qrCode": code.reveal(), "requestedData": ["MSISDN"]},
            within=self._time_outs.call,
            repeatable=True,
        )
        try:
            async with asyncio.timeout(self._time_outs.scan):
                reply = await self._token.authorized(request)
            return _revealed(reply)
        except TimeoutError:
            raise PlatformUnavailable("Scan once more in a moment, or type the phone number.", SOON) from None
        except Unavailable as trouble:
            wait = SOON if trouble.retry_after is None else max(1, round(trouble.retry_after.total_seconds()))
            raise PlatformUnavailable("Scan once more in a moment, or type the phone number.", wait) from trouble
        except KeysRefused as trouble:
            raise PlatformRefusedKeys(
                "Type the phone number. Whoever runs this service must check the sales unit's keys."
            ) from trouble
        except Surprise as trouble:
            raise PlatformSurprisedUs("Scan once more, or type the phone number.") from trouble


def _revealed(reply: Reply) -> Revealed:
    if reply.status in ABOUT_THE_CODE and _is_about_the_code(reply):
        raise UnreadableCode("The code is not known, or too old. Ask the customer to show it once more.")
    body = required_object(reply, OPERATION)
    number = body.get("msisdn")
    try:
        phone = PhoneNumber.from_platform(number if isinstance(number, str) else "")
    except ValueError:
        raise Surprise("no number in the answer", reply.digest) from None
    # Any other version, known or not, may be the kind that anybody who knows the number can draw.
    tokenised = body.get("version") == TOKENISED
    return Revealed(phone, Evidence.PERSONAL_QR_TOKEN if tokenised else Evidence.PERSONAL_QR_CLEAR)


def _is_about_the_code(reply: Reply) -> bool:
    said = reply.complaint
    return said.readable and (not said.fields or any("qrcode" in name.lower() for name in said.fields))
