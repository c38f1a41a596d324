"""A standard provider calls (CIBA Core 1.0 section 10.2), and shows the token that went with the question.

Whoever has no such token learns nothing: an unknown sales unit, an unknown token and a token of another question get
the same answer. The call itself fetches nothing; it makes the enrolment due.
"""

import re
from typing import Final

import msgspec

from medlem.club.errors import Flaw, InvalidRequest, UnverifiedWebhook
from medlem.club.masked import Masked
from medlem.flows import pings
from medlem.web.answer import NO_CONTENT, Answer
from medlem.web.call import Call
from medlem.web.delivered import Ping
from medlem.web.hooks import club_named
from medlem.web.operation import Door, Reply, operation

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]{1,1024}=*)", re.IGNORECASE)
"""RFC 6750 section 2.1."""

_REFUSED: Final = "The notification token is not one of ours for this request."


@operation(
    "POST",
    "/hooks/ciba/{sales_unit}",
    door=Door.PROVIDER,
    replies={NO_CONTENT: Reply(description="It is stored, now or before.")},
    refuses=(UnverifiedWebhook,),
)
async def notify(call: Call) -> Answer:
    """Take a ping of a standard CIBA provider. A ping that came before changes nothing."""
    raw = await call.body()
    shown = _BEARER.fullmatch(call.header(b"authorization") or "")
    club = await club_named(call, call.scope["path_params"]["sales_unit"])
    if shown is None or club is None or not await pings.known(call.ports, club.id, token := Masked(shown[1])):
        raise UnverifiedWebhook(_REFUSED, "Bearer")
    try:
        said = msgspec.json.decode(raw, type=Ping)
    except (ValueError, RecursionError):  # msgspec's DecodeError among them
        detail = "The token is right, but the body is not JSON with an auth_req_id."
        raise InvalidRequest(detail, Flaw("", detail)) from None
    await pings.notified(call.ports, club.id, token, Masked(said.auth_req_id))
    return Answer(NO_CONTENT)


OPERATIONS = (notify,)
