"""What a receiver of our messages does, written from the specification of Standard Webhooks and docs/integrating.md."""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def verified(said: Mapping[str, str], body: bytes, secret: str) -> bool:
    """What a receiver does, in the words of the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(f"v1,{expected}", one) for one in said["webhook-signature"].split(" "))
