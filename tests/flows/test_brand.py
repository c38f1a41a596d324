"""The app and its codes have names with a date: nothing in the shop may stop, or say the wrong name, on that day."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import medlem
from fakes import HandClock
from medlem.club import brand
from medlem.club.errors import UnreadableCode
from medlem.club.phone import COUNTRIES, PhoneNumber
from medlem.club.scanned import read
from medlem.flows import scan
from shop import KARI, Shop, open_shop

DANE, FINN, GREENLANDER, SWEDE = "4520000011", "358400000011", "299200011", "46700000011"
EVE = brand.RENAMED_AT - timedelta(minutes=1)
SOURCE = Path(medlem.__file__).parent


@pytest.fixture(autouse=True)
def _uncorrected() -> Iterator[None]:
    yield
    brand.correct()


async def test_the_new_name_is_there_on_the_day_and_the_sale_goes_on() -> None:
    async with open_shop(clock=HandClock(EVE)) as shop:
        for msisdn in (DANE, FINN, GREENLANDER):
            shop.platform.person(msisdn)
            assert (await shop.identify(msisdn)).app == "MobilePay"
        asked = await shop.invite(DANE)
        assert asked.app == "MobilePay"
        await shop.clock.turn(120)
        assert (await shop.show(asked.id)).app == "MobilePay", "a question keeps the name under which it was put"
        shop.platform.approve(DANE)
        await shop.wait(6)
        assert (await shop.show(asked.id)).state == "accepted"
        for msisdn in (DANE, FINN, GREENLANDER, SWEDE, KARI):
            assert (await shop.identify(msisdn)).app == "Vipps"
        shop.kari()
        assert (await shop.scan(KARI)).app == "Vipps"


@pytest.mark.parametrize("now", [EVE, brand.RENAMED_AT, datetime(2031, 1, 1, tzinfo=UTC)])
def test_a_personal_code_is_read_on_either_side_of_the_day(now: datetime) -> None:
    assert read("https://qr.vipps.no/p/abc", now).reveal() == "https://qr.vipps.no/p/abc"


@pytest.mark.parametrize(
    ("host", "now"),
    [("pay.mobilepay.dk", EVE), ("pay.mobilepay.fi", brand.RENAMED_AT), ("pay.vipps.dk", brand.RENAMED_AT)],
)
def test_a_code_for_paying_is_told_from_the_customers_own(host: str, now: datetime) -> None:
    with pytest.raises(UnreadableCode, match="for paying"):
        read(f"https://{host}/box/abc", now)


async def test_what_the_shop_says_counts_more_than_the_table(shop: Shop) -> None:
    brand.correct({"DK": "Betalingsappen"}, ["qr.example.org"])
    assert (await shop.identify(DANE)).app == "Betalingsappen"
    assert (await shop.identify(FINN)).app == "MobilePay"
    shop.kari()
    with pytest.raises(UnreadableCode, match="not from the customer's app"):
        await shop.scan(KARI)
    with pytest.raises(UnreadableCode, match="a new code"):  # it was taken for a code and exchanged
        await scan.by_scan(shop.ports, shop.station, "https://qr.example.org/p/abc")


def test_the_table_is_in_order_and_says_what_comes_next() -> None:
    begins = [era.begins_at for era in brand.ERAS]
    assert begins == sorted(begins)
    assert all(set(era.names) <= set(COUNTRIES.values()) and era.qr_hosts for era in brand.ERAS)
    assert brand.next_change(EVE) == brand.RENAMED_AT
    assert brand.next_change(brand.RENAMED_AT) is None
    assert brand.app_name(PhoneNumber("33612345678"), EVE) == "Vipps"


SHOWN = re.compile(r"\b(Vipps|MobilePay)\b(?! MobilePay)")
CATALOGUES = sorted(SOURCE.rglob("text/*.json"))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda file: f"{file.parts[-4]}-{file.stem}")
def test_no_text_names_the_app_by_itself(catalogue: Path) -> None:
    """The company has a name of its own, in which both words stand."""
    text = catalogue.read_text(encoding="utf-8").replace("Vipps MobilePay", "")
    assert SHOWN.findall(text) == []


def test_no_problem_and_no_refusal_names_the_app() -> None:
    texts = [(SOURCE.parent.parent / "docs" / "problems.md").read_text(encoding="utf-8")]
    texts += [file.read_text(encoding="utf-8") for file in (SOURCE / "club").glob("*.py") if file.stem != "brand"]
    texts += [file.read_text(encoding="utf-8") for file in (SOURCE / "web").rglob("*.py")]
    assert [SHOWN.findall(text.replace("Vipps MobilePay", "")) for text in texts] == [[]] * len(texts)
