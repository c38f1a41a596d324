"""The till page over HTTP, and the words on it."""

import re
from pathlib import Path

import msgspec
import pytest

import medlem.web.till.assets as files
from medlem.web.options import TillOptions
from medlem.web.till.assets import assets
from medlem.web.till.language import choose
from service import Service, open_service
from shop import Shop

STATIC = Path(files.__file__).parent / "static"
CODE = [*sorted((STATIC / "js").glob("*.js")), STATIC / "page.html"]

USED = re.compile(r"""\bt\(\s*'([a-z_.]+)'|data-(?:text|label)="([a-z_.]+)\"""")
PLACE = re.compile(r"\{(\w+)\}")
LONGEST_FILE = 300


def catalogue(code: str) -> dict[str, str]:
    found: dict[str, str] = msgspec.json.decode((STATIC / "text" / f"{code}.json").read_bytes())
    return found


@pytest.mark.parametrize("code", sorted(assets().languages))
def test_every_language_says_the_same_things(code: str) -> None:
    english, other = catalogue("en"), catalogue(code)
    assert list(other) == list(english), "same keys, same order"
    assert all(text.strip() for text in other.values())
    for key, text in english.items():
        assert set(PLACE.findall(other[key])) == set(PLACE.findall(text)), key


def test_the_page_uses_every_text_and_no_unknown_one() -> None:
    used = {found[1] or found[2] for file in CODE for found in USED.finditer(file.read_text(encoding="utf-8"))}
    assert used == set(catalogue("en")) - {"language"}


def test_the_page_runs_no_script_and_has_no_style_of_its_own() -> None:
    page = (STATIC / "page.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page) == []
    for file in (STATIC / "js").glob("*.js"):
        text = file.read_text(encoding="utf-8")
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
        assert found == [], file.name
        assert len(text.splitlines()) <= LONGEST_FILE, file.name


@pytest.mark.parametrize(
    ("asked", "country", "chosen"),
    [
        ("nb-NO,nb;q=0.9,en;q=0.8", "NO", "nb"),
        ("no", "DK", "nb"),
        ("nn-NO", "NO", "nb"),
        ("en-GB", "NO", "en"),
        ("pl, en;q=0.5, nb;q=0.7", "NO", "nb"),
        ("pl", "NO", "nb"),
        ("pl", "SE", "en"),
        ("", "NO", "nb"),
        ("nb;q=0, en", "NO", "en"),
        ("*;q=x,,;", "FI", "en"),
    ],
)
def test_the_page_begins_in_a_language_that_the_cashier_reads(asked: str, country: str, chosen: str) -> None:
    assert choose(asked, country, {"en": "English", "nb": "Norsk"}) == chosen


async def test_the_page_is_for_everybody_and_tells_nothing_about_anybody(service: Service) -> None:
    reply = await service.get("/till", None)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    policy = dict(part.strip().partition(" ")[::2] for part in reply.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert b"{{" not in reply.raw


async def test_a_browser_keeps_the_files_of_the_page_for_ever(service: Service) -> None:
    reply = await service.get(assets().address("js/main.js"), None)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in reply.headers["cache-control"]
    assert reply.raw == assets().found["js/main.js"].plain


@pytest.mark.parametrize(
    "path",
    ["/till/000000000000/js/main.js", f"/till/{assets().version}/js/none.js", f"/till/{assets().version}/..%2f/x"],
)
async def test_a_file_of_another_version_is_not_found(service: Service, path: str) -> None:
    assert (await service.get(path, None)).problem == "not-found"


async def test_the_sign_up_page_is_drawn_as_a_code_if_there_is_one(service: Service, shop: Shop) -> None:
    assert (await service.get("/till/signup.svg", None)).problem == "not-found"
    async with open_service(shop, till=TillOptions(signup_url="https://example.com/club", country="GL")) as other:
        reply = await other.get("/till/signup.svg", None)
        assert (reply.status, reply.headers["content-type"]) == (200, "image/svg+xml")
        assert b"<svg" in reply.raw
        page = (await other.get("/till", None)).raw.decode()
        assert "https://example.com/club" in page
        assert "&quot;GL&quot;:&quot;299&quot;" in page


@pytest.mark.parametrize("name", [name for name in assets().found if name.startswith("js/")])
def test_a_till_fetches_all_of_a_script_but_for_what_it_says_to_its_readers(name: str) -> None:
    source = (STATIC / name).read_text(encoding="utf-8").splitlines()
    served = assets().found[name].plain.decode().splitlines()
    left = iter(served)
    wanted = next(left, None)
    for line in source:
        if line == wanted:
            wanted = next(left, None)
        else:
            assert line.strip().startswith(("/**", "*")), line
    assert wanted is None
    assert not any(line.strip().startswith("* @") for line in served)
