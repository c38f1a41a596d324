"""How the login endpoints know us: by Basic, in the form, or as a partner (Login API: client authentication).

A partner acts for many merchants with one set of keys; the serial number says for which.
"""

import base64
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from medlem.club.masked import Masked
from medlem.vipps.access_token import AccessToken
from medlem.vipps.sales_unit import AuthMethod, SalesUnit


@dataclass(frozen=True, slots=True)
class Presented:
    """What goes with one call."""

    headers: dict[str, str] = field(repr=False)
    form: dict[str, str] = field(default_factory=dict, repr=False)
    token: Masked[str] | None = None
    """The partner's access token that was used."""


class ClientAuth:
    """Shows who we are, by the sales unit's method."""

    def __init__(self, unit: SalesUnit, token: AccessToken) -> None:
        self._unit = unit
        self._token = token
        self._own_keys = _own_keys(unit)  # the same for thousands of polls a second

    async def present(self) -> Presented:
        """Put together headers and form fields for one call.

        Raises:
            Unavailable, KeysRefused, Surprise: a partner, and no access token to be had.
        """
        if self._unit.auth_method is not AuthMethod.PARTNER:
            return self._own_keys
        token = await self._token.get()
        return Presented({**self._unit.system_headers(), "Authorization": f"Bearer {token.reveal()}"}, token=token)

    def refused(self, presented: Presented) -> None:
        """What was presented met a 401: a partner's next call takes a new token."""
        if presented.token is not None:
            self._token.drop(presented.token)


def _own_keys(unit: SalesUnit) -> Presented:
    headers, secret = unit.system_headers(), unit.client_secret.reveal()
    if unit.auth_method is AuthMethod.POST:
        return Presented(headers, {"client_id": unit.client_id, "client_secret": secret})
    # RFC 6749 section 2.3.1: both are form-encoded first, so that a colon or a plus in them survives.
    pair = f"{quote_plus(unit.client_id)}:{quote_plus(secret)}".encode("ascii")
    return Presented({**headers, "Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"})
