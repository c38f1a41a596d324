"""How the platform signs what it delivers: HMAC-SHA256 over method, path, date, host and the body's hash.

The secret looks like base64, but its characters themselves are the key: it is never decoded.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlsplit

SIGNED = "x-ms-date;host;x-ms-content-sha256"
USUAL_PORT = {"https": 443, "http": 80}


def signed_headers(secret: str, url: str, body: bytes, now: float) -> dict[str, str]:
    """Make the headers of one delivery."""
    parts = urlsplit(url)
    usual = parts.port is None or parts.port == USUAL_PORT.get(parts.scheme)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    host = name if usual else f"{name}:{parts.port}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    date = http_date(now)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    text = f"POST\n{path}\n{date};{host};{digest}"
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha256)).decode()
    return {
        "x-ms-date": date,
        "x-ms-content-sha256": digest,
        "host": host,
        "Authorization": f"HMAC-SHA256 SignedHeaders={SIGNED}&Signature={signature}",
    }


def http_date(moment: float) -> str:
    """Write a time as HTTP headers bear it: RFC 1123, to the second."""
    return _written(int(moment))


@lru_cache(maxsize=16)  # Every answer is dated, and many in the same second.
def _written(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)
