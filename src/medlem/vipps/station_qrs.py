"""Station QRs, which the platform calls merchant callback QRs: made, looked at, listed, taken down (QR API).

Each is named by us, and for ever. Making one answers nothing, so it is read afterwards. This part of the QR API says
no in another shape than the exchange does: `invalidParams`, not `extraDetails`.
"""

import asyncio
from contextlib import AbstractContextManager
from typing import Any, Final
from urllib.parse import quote

import msgspec

from medlem.flows.answers import HungQr
from medlem.vipps.access_token import AccessToken
from medlem.vipps.errors import OK, trouble
from medlem.vipps.http import Request, TimeOuts
from medlem.vipps.reply import Reply
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.telling import told
from medlem.vipps.troubles import Surprise

OPERATION: Final = "callback_qr"
PATH: Final = "/qr/v1/merchant-callback"
CATEGORY: Final = "IN_STORE"
GONE: Final = frozenset({404, 410})
PICTURE: Final = "?qrImageFormat=SVG"
LONGEST_CONTENT: Final = 1000


class StationQrs:
    """One sales unit's."""

    def __init__(self, unit: SalesUnit, token: AccessToken, time_outs: TimeOuts) -> None:
        self._unit = unit
        self._token = token
        self._time_outs = time_outs

    async def hang(self, name: str, label: str) -> HungQr:
        """Make one, or let it show another label.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: it may be there or not.
        """
        with _told():
            body = {"locationDescription": label, "category": CATEGORY}
            async with asyncio.timeout(self._time_outs.scan):
                reply = await self._call("PUT", f"/{quote(name, safe='')}", body)
                if reply.status not in OK:
                    raise trouble(reply, OPERATION)
                reply = await self._call("GET", f"/{quote(name, safe='')}{PICTURE}")
            return _hung(reply)

    async def find(self, name: str) -> HungQr | None:
        """One as it is now; None when there is none.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """
        with _told():
            async with asyncio.timeout(self._time_outs.scan):
                reply = await self._call("GET", f"/{quote(name, safe='')}{PICTURE}")
            return None if reply.status in GONE and reply.complaint.readable else _hung(reply)

    async def listed(self) -> list[HungQr]:
        """All of them; what cannot be read is left out.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
        """
        with _told():
            async with asyncio.timeout(self._time_outs.scan):
                reply = await self._call("GET", PICTURE)
            found = _array(reply)
            return [hung for each in found if isinstance(each, dict) and (hung := _read(each)) is not None]

    async def remove(self, name: str) -> None:
        """Take one down; one that is gone already is no trouble.

        Raises:
            PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: it may still be there.
        """
        with _told():
            async with asyncio.timeout(self._time_outs.scan):
                reply = await self._call("DELETE", f"/{quote(name, safe='')}")
            if reply.status not in OK and reply.status not in GONE:
                raise trouble(reply, OPERATION)

    async def _call(self, method: str, path: str, body: Any = None) -> Reply:
        return await self._token.authorized(
            Request(
                operation=OPERATION,
                method=method,
                url=self._unit.url(PATH + path),
                json=body,
                within=self._time_outs.call,
                repeatable=True,
            )
        )


def _told() -> AbstractContextManager[None]:
    return told(
        later="The platform does not answer. Try again in a moment.",
        keys="Whoever runs this service must check the sales unit's keys, and that it may use the QR API.",
        surprise="The platform's answer could not be read. Try again; if it stays, ask the platform's support.",
    )


def _hung(reply: Reply) -> HungQr:
    if reply.status not in OK:
        raise trouble(reply, OPERATION)
    found = _read(reply.json_object or {})
    if found is None:
        raise Surprise("no code in the answer", reply.digest)
    return found


def _read(said: dict[str, Any]) -> HungQr | None:
    name, content = said.get("merchantQrId"), said.get("qrContent")
    label, image = said.get("locationDescription"), said.get("qrImageUrl")
    if not isinstance(name, str) or not isinstance(content, str) or not 0 < len(content) <= LONGEST_CONTENT:
        return None
    return HungQr(
        id=name,
        label=label if isinstance(label, str) else "",
        content=content,
        image=image if isinstance(image, str) and image else None,
    )


def _array(reply: Reply) -> list[Any]:
    if reply.status not in OK:
        raise trouble(reply, OPERATION)
    try:
        found = msgspec.json.decode(reply.body if reply.whole else b"")
    except (msgspec.MsgspecError, RecursionError, ValueError):
        found = None
    if not isinstance(found, list):
        raise Surprise("no list in the answer", reply.digest)
    return found
