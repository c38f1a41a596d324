"""Entity tags (RFC 9110 section 8.8.3): a hash of what is shown, so that none is forgotten when something changes."""

import base64
import hashlib
from typing import Final

from medlem.web.answer import Answer

IF_MATCH: Final = b"if-match"
_BYTES: Final = 18


def tagged(answer: Answer) -> Answer:
    """The answer with the tag of its body."""
    answer.headers.append((b"etag", _tag(answer).encode()))
    return answer


def matches(said: str, answer: Answer) -> bool:
    """Whether `If-Match` names this answer: by its tag, or as `*`. A weak tag names none."""
    return said.strip() == "*" or _tag(answer) in {one.strip() for one in said.split(",")}


def _tag(answer: Answer) -> str:
    return f'"{base64.urlsafe_b64encode(hashlib.sha256(answer.body).digest()[:_BYTES]).decode()}"'
