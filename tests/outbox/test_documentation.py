"""docs/webhooks.md: what it shows works, and what it lists is there."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medlem.club.endpoint import NoticeKind, new_endpoint_secret, shown_secret
from medlem.standard_webhooks import headers

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def snippet(language: str) -> str:
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_receiver_that_it_shows_takes_what_we_send_and_nothing_else() -> None:
    shown: dict[str, Any] = {}
    exec(snippet("python"), shown)  # noqa: S102 - our own page
    is_right = shown["is_right"]
    new, old = new_endpoint_secret(), new_endpoint_secret()
    now = datetime.fromtimestamp(int(time.monotonic()), UTC)
    shown["time"] = Still(now)
    said = headers("ntc_1", b"{}", [new, old], now)
    assert is_right(said, b"{}", shown_secret(new).reveal())
    assert is_right(said, b"{}", shown_secret(old).reveal())
    assert not is_right(said, b"{}", shown_secret(new_endpoint_secret()).reveal())
    assert not is_right(said, b"[]", shown_secret(new).reveal())
    early = headers("ntc_1", b"{}", [new], datetime.fromtimestamp(now.timestamp() - 301, UTC))
    assert not is_right(early, b"{}", shown_secret(new).reveal())


class Still:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self.time = now.timestamp


def test_it_lists_every_kind_of_message() -> None:
    assert set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, re.MULTILINE)) == {kind.value for kind in NoticeKind}


def test_the_message_that_it_shows_is_one() -> None:
    shown = json.loads(snippet("json"))
    assert shown.keys() == {"type", "timestamp", "data"}
    assert shown["data"].keys() == {"member", "present", "version"}
