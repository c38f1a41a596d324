"""Where customers finish, and what a page needs that their phones can open."""

import re

import pytest

from medlem.app.clubs import redirect_uri
from medlem.config import WrongSettings, load

PAGE = {"MEDLEM_LOGIN_FINISH": "page", "MEDLEM_VIPPS_MSN": "123456"}


def test_customers_finish_in_the_app_unless_the_shop_wants_its_page() -> None:
    assert redirect_uri(load(None, {})) is None
    reachable = {"MEDLEM_PUBLIC_URL": "https://club.example.org", "MEDLEM_VIPPS_MSN": "123456"}
    assert redirect_uri(load(None, reachable)) is None


@pytest.mark.parametrize(
    ("public_url", "page"),
    [
        ("https://club.example.org/", "https://club.example.org/finish/123456"),
        ("https://example.org/club", "https://example.org/club/finish/123456"),
    ],
)
def test_the_page_has_one_address_a_sales_unit(public_url: str, page: str) -> None:
    assert redirect_uri(load(None, PAGE | {"MEDLEM_PUBLIC_URL": public_url})) == page


@pytest.mark.parametrize(
    ("public_url", "flaw"),
    [
        ("", "PUBLIC_URL is needed with MEDLEM_LOGIN_FINISH=page"),
        ("http://club.example.org", "PUBLIC_URL must be an https address with MEDLEM_LOGIN_FINISH=page"),
        ("https://club.example.org/#club", "PUBLIC_URL must be without # and ? with MEDLEM_LOGIN_FINISH=page"),
    ],
)
def test_a_page_that_no_phone_could_open_is_refused(public_url: str, flaw: str) -> None:
    with pytest.raises(WrongSettings, match=re.escape(flaw)):
        load(None, PAGE | {"MEDLEM_PUBLIC_URL": public_url, "MEDLEM_VIPPS_BASE_URL": "http://127.0.0.1:8090"})
