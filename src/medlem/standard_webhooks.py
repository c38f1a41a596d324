"""Signatures of the Standard Webhooks format, symmetric (`v1`), version 1.0.0 of its specification.

What the merchant's other systems hear is signed so, and what their own register is asked and told.
"""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from medlem.club.masked import Masked

VERSION: Final = "v1"


def headers(name: str, body: bytes, secrets: Sequence[Masked[bytes]], now: datetime) -> dict[str, str]:
    """What goes with a message: its id, the moment of this attempt, and a signature by each secret.

    Args:
        name: the message's id, which has no full stop in it.
        body: the message, byte by byte.
        secrets: those that sign now; two while one takes the other's place, none where nothing is signed.
        now: the moment of this attempt.
    """
    moment = str(int(now.timestamp()))
    content = b".".join((name.encode(), moment.encode(), body))
    said = {"webhook-id": name, "webhook-timestamp": moment}
    if secrets:
        said["webhook-signature"] = " ".join(_signature(secret, content) for secret in secrets)
    return said


def _signature(secret: Masked[bytes], content: bytes) -> str:
    digest = hmac.digest(secret.reveal(), content, "sha256")  # it does not leave this line
    return f"{VERSION},{base64.b64encode(digest).decode()}"
