"""A customer ended sharing in the app: the platform's word for it, which nobody has signed (Login API: webhooks).

It is a JSON Web Token of two or three parts with `alg: none`, and the published example is one that strict libraries
refuse: its header ends in a line break, and no dot follows its claims. So it is taken for what it is, JSON in a
wrapping, and for no proof of anything. Every answer is the same whether the customer is known or not.
"""

import base64
import binascii
import hmac
import json
import math
from datetime import UTC, datetime
from typing import Any, Final

from medlem.club.errors import Flaw, InvalidRequest, NotFound, TooManyRequests, Unauthenticated
from medlem.club.masked import Masked
from medlem.flows import sharing
from medlem.flows.sharing import Withdrawal
from medlem.web.answer import Answer
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation

EVENT: Final = "CONSENT_REVOKED"
LONGEST: Final = 4096
"""Characters of a token; the platform's have some 250."""
LONGEST_SUB: Final = 255
PARTS: Final = (2, 3)
LATEST: Final = 253402300799
"""The last second of the year 9999."""


@operation(
    "POST",
    "/hooks/withdrawn/{address}",
    door=Door.ADDRESS,
    replies={200: Reply(description="It is heard, whomever it names.")},
    refuses=(Unauthenticated, NotFound, TooManyRequests),
)
async def hear(call: Call) -> Answer:
    """Hear that a customer ended sharing in the app. Whether they are a member is not told."""
    address = await sharing.find(call.ports, Masked(call.scope["path_params"]["address"]))
    wanted = await call.desk.options.agreed(address.club)
    if wanted is not None and not _same(call.header(b"authorization") or "", wanted):
        raise Unauthenticated("Send the Authorization that was agreed on.")
    said = read(await call.body())
    if said is None:
        detail = "This is not what is heard here."
        raise InvalidRequest(detail, Flaw("", detail))
    await sharing.withdraw(call.ports, address, said)
    return Answer(200)


OPERATIONS = (hear,)


def read(raw: bytes) -> Withdrawal | None:
    """What a token says; None when it is none."""
    try:
        parts = raw[: LONGEST + 1].decode("ascii").strip().split(".")
        if len(raw) > LONGEST or len(parts) not in PARTS:
            return None
        claims = json.loads(_decoded(parts[1]))
    except (ValueError, RecursionError, binascii.Error):  # UnicodeDecodeError and JSONDecodeError among them
        return None
    if not isinstance(claims, dict) or claims.get("event") != EVENT:
        return None
    sub = claims.get("sub")
    if not isinstance(sub, str) or not 0 < len(sub) <= LONGEST_SUB or not sub.isprintable():
        return None
    return Withdrawal(sub, _moment(claims.get("iat")))


def _decoded(part: str) -> bytes:
    return base64.b64decode(part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4), altchars=b"-_", validate=True)


def _moment(said: Any) -> datetime | None:
    """A time as JWTs have it; None for anything else, and no reason to refuse what else is said."""
    if (
        isinstance(said, bool)
        or not isinstance(said, int | float)
        or not math.isfinite(said)
        or not 0 <= said <= LATEST
    ):
        return None
    return datetime.fromtimestamp(int(said), UTC)


def _same(given: str, wanted: Masked[str]) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.reveal().encode())
