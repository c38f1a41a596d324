"""Whether a number could be asked at all (Login API: user exists).

A hint, never a verdict: what `false` covers is not written down, and nobody waits for it. Its address is not in the
discovery document, so a standard provider is never asked.
"""

from typing import Final

from medlem.club.phone import PhoneNumber
from medlem.vipps.client_auth import ClientAuth
from medlem.vipps.errors import UNAUTHORIZED, required_object
from medlem.vipps.http import Request, Wire
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

OPERATION: Final = "user_exists"
PATH: Final = "/vipps-login-ciba/api/v1/user-exists"


class UserExists:
    """Looks numbers up with one sales unit's keys."""

    def __init__(self, unit: SalesUnit, wire: Wire, auth: ClientAuth) -> None:
        self._unit = unit
        self._wire = wire
        self._auth = auth

    async def exists(self, phone: PhoneNumber) -> bool | None:
        """Whether the number has an account; None when nobody knows."""
        if not self._unit.user_exists:
            return None
        try:
            presented = await self._auth.present()
            hint = {"login_hint": f"urn:msisdn:{phone.msisdn}"}
            reply = await self._wire.call(
                Request(
                    operation=OPERATION,
                    method="POST",
                    url=self._unit.url(PATH),
                    headers=presented.headers,
                    form=presented.form | hint,
                    within=self._wire.time_outs.fetch,
                    repeatable=True,
                )
            )
            if reply.status == UNAUTHORIZED:
                self._auth.refused(presented)
            said = required_object(reply, OPERATION).get("exists")
        except (Unavailable, KeysRefused, Surprise):
            return None
        return said if isinstance(said, bool) else None
