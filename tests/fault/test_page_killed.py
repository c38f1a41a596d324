"""`kill -9` between the tokens that a phone's code has bought and the member that is made of them."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from counter import Phones, open_phones, open_shop
from fault.test_killed import hold, until_called

KARI = "4740900017"


@pytest.fixture
def phones() -> Iterator[Phones]:
    with open_phones() as found:
        yield found


def opened(address: str) -> tuple[int, str | None]:
    """What a browser is told that opens this address."""
    parts = urlsplit(address)
    browser = HTTPConnection(parts.netloc, timeout=30)
    browser.request("GET", f"{parts.path}?{parts.query}")
    answer = browser.getresponse()
    browser.close()
    return answer.status, answer.getheader("Set-Cookie")


def test_a_yes_that_was_brought_to_the_page_is_not_lost_with_the_service(phones: Phones, tmp_path: Path) -> None:
    phones.person(KARI, name="Kari Nordmann")
    with open_shop(phones, tmp_path, pings=True, settings={"MEDLEM_LOGIN_FINISH": "page"}) as shop:
        page = f"{shop.url}/finish/{shop.settings['MEDLEM_VIPPS_MSN']}"
        phones.control("PUT", "/switches", {"redirect_uris": [page]})
        asked = shop.till.ask(phone=f"+{KARI}")
        hold(phones, "userinfo")
        (request,) = phones.shown(KARI)
        opens = phones.control("POST", f"/requests/{request['auth_req_id']}/approve")["opens"]
        status, cookie = opened(opens)
        assert (status, cookie is not None) == (303, True)
        until_called(phones, "userinfo", 0)
        shop.kill()
        phones.faults()
        shop.open()
        assert shop.till.until_final(asked["id"])["state"] == "accepted"
        assert opened(opens)[0] == 303, "opened again, it redeems nothing again"
        assert len(shop.members(KARI)) == 1
    assert phones.times("token") == 1
    assert phones.times("ping") == 0
    assert phones.violations() == 0
