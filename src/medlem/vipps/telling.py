"""Troubles, told to whoever waits for the call: as refusals with a piece of advice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable

SOON: Final = 5
"""Seconds after which to try again, if the platform does not say."""


@contextmanager
def told(later: str, keys: str, surprise: str) -> Iterator[None]:
    """Turn troubles into refusals.

    Args:
        later: what to do when the platform cannot answer now.
        keys: what to do when it refuses our keys.
        surprise: what to do when its answer must not be trusted.

    Raises:
        PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable: there is no answer to trust.
    """
    try:
        yield
    except TimeoutError:
        raise PlatformUnavailable(later, SOON) from None
    except Unavailable as trouble:
        wait = SOON if trouble.retry_after is None else max(1, round(trouble.retry_after.total_seconds()))
        raise PlatformUnavailable(later, wait) from trouble
    except KeysRefused as trouble:
        raise PlatformRefusedKeys(keys) from trouble
    except Surprise as trouble:
        raise PlatformSurprisedUs(surprise) from trouble
