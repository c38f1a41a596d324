"""The browser's cookie, which says which landing it may see, and the word in the form that proves it came from there.

The cookie is a secret of its own, good for a quarter of an hour. It goes along when the app opens the page (`Lax`), and
no page of another site can send the form: it would have to know the cookie to know the form's word.
"""

import hashlib
import hmac
from typing import Final

from litestar.types import HTTPScope

from medlem.club.masked import Masked
from medlem.flows.landing import SESSION_LIFE
from medlem.web import login
from medlem.web.visit import Visit

PLAIN: Final = "medlem-finish"
SECURE: Final = "__Host-medlem-finish"
LONGEST: Final = 100


def secret_of(scope: HTTPScope, visit: Visit) -> Masked[str] | None:
    """What the cookie holds, if there is one."""
    wanted = _name(scope, visit)
    header = visit.headers.get(b"cookie", b"").decode("latin-1")
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted and 0 < len(value) <= LONGEST and value.isascii() and value.isprintable():
            return Masked(value)
    return None


def cookie_for(scope: HTTPScope, visit: Visit, secret: Masked[str]) -> bytes | None:
    """The `Set-Cookie` for a browser; None where anybody on the network could read it."""
    name = _name(scope, visit)
    if name is None:
        return None
    secure = "; Secure" if name == SECURE else ""
    value, age = secret.reveal(), int(SESSION_LIFE.total_seconds())  # into the browser's cookie jar
    return f"{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}".encode()


def word_of(secret: Masked[str]) -> str:
    """The word in the form."""
    return hashlib.sha256(f"form of {secret.reveal()}".encode()).hexdigest()  # nobody gets back from it to the cookie


def is_own_form(visit: Visit, secret: Masked[str], word: str) -> bool:
    """Whether the form is the one that this browser was shown."""
    site = visit.headers.get(b"sec-fetch-site")
    return site in {None, b"same-origin"} and hmac.compare_digest(word_of(secret).encode(), word.encode())


def _name(scope: HTTPScope, visit: Visit) -> str | None:
    if scope["scheme"] == "https":
        return SECURE
    return PLAIN if login.is_this_machine(scope, visit) else None
