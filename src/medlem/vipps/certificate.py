"""Until when the certificate at an address is good, as whoever connects there sees it."""

import asyncio
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from medlem.vipps.troubles import Unavailable


async def end_of(url: str, within: float) -> datetime:
    """Connect, look at the certificate, and go.

    Raises:
        Unavailable: nobody is there, or the certificate is not valid.
    """
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(within):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=ssl.create_default_context(), server_hostname=parts.hostname
            )
            certificate = writer.get_extra_info("peercert")
            writer.close()
    except (OSError, TimeoutError) as error:  # ssl.SSLError is one
        raise Unavailable(f"the certificate could not be seen: {type(error).__name__}") from None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
