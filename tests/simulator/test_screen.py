"""What the simulator's pages share: headers, files and languages."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import medlem.simulator
from medlem.simulator.faults import Kind
from medlem.simulator.screen.language import catalogues
from medlem.simulator.seed import EVERYBODY, MOVED
from medlem.simulator.switches import Switches
from simulator.desk import KARI, Desk

HERE = Path(medlem.simulator.__file__).parent
FILES = [path for part in ("screen", "phone", "start") for path in sorted((HERE / part / "static").iterdir())]
TEXTS = {path: path.read_text() for path in FILES}
PAGES = ["/", f"/phone/{KARI}", "/phone/4740000099"]


def address(path: Path) -> str:
    return f"/pages/{path.parent.parent.name}/{path.name}"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_keeps_to_itself(desk: Desk, path: str) -> None:
    await desk.person()

    page = await desk.call("GET", path)

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "trusted-types 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?://", page.text)
    assert "{{" not in page.text
    assert "[[" not in page.text


@pytest.mark.parametrize("path", PAGES)
async def test_everything_that_a_page_names_is_there(desk: Desk, path: str) -> None:
    await desk.person()
    named = re.findall(r'(?:src|href)="(/pages/[^"]+)"', (await desk.call("GET", path)).text)

    assert len(named) >= 5
    for each in named:
        assert (await desk.call("GET", each)).status == 200, each


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
async def test_a_file_is_served_as_what_it_is(desk: Desk, path: Path) -> None:
    reply = await desk.call("GET", address(path))

    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    assert reply.headers["Content-Type"].startswith(kinds[path.suffix])
    assert reply.text == TEXTS[path]


@pytest.mark.parametrize("path", [each for each in FILES if each.suffix == ".js"], ids=lambda path: path.name)
def test_a_script_writes_no_markup_and_imports_what_exists(path: Path) -> None:
    text = TEXTS[path]

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\.style\b", text)
    for name in re.findall(r'from "([^"]+)"', text):
        found = HERE / "screen" / "static" / Path(name).name if name.startswith("/") else path.parent / name
        assert found in FILES, name


def test_every_language_says_the_same_things() -> None:
    english = catalogues()["en"]

    assert set(catalogues()) == {"en", "nb"}
    for texts in catalogues().values():
        assert list(texts) == list(english)
        assert all(text.strip() for text in texts.values())
        for key, text in texts.items():
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key


def test_there_are_words_for_everything_that_is_shown() -> None:
    wanted = {f"switch.{field.name}" for field in msgspec.structs.fields(Switches)}
    wanted |= {f"kind.{kind}" for kind in get_args(Kind)}
    wanted |= {f"story.{traits.story}" for traits in (*EVERYBODY, MOVED)}
    for text in TEXTS.values():
        wanted |= set(re.findall(r'"((?:phone|start|settings|call|scope)\.\w+)"', text))

    assert wanted <= catalogues()["en"].keys()


def test_there_are_no_words_that_nobody_says() -> None:
    pages = [path.read_text() for part in ("screen", "phone", "start") for path in (HERE / part).glob("*.html")]
    said = " ".join([*pages, *TEXTS.values()])
    made = ("switch.", "kind.", "story.", "scope.", "start.mark_", "phone.scan_")
    outcomes = {f"phone.{state}{what}" for state in ("approved", "declined", "expired") for what in ("", "_what")}
    unsaid = {key for key in catalogues()["en"] if key not in said and not key.startswith(made)}

    assert unsaid <= outcomes


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"Accept-Language": "nb-NO,nb;q=0.9,en;q=0.8"}, "nb"),
        ({"Accept-Language": "nn"}, "nb"),
        ({"Accept-Language": "no"}, "nb"),
        ({"Accept-Language": "fi, en;q=0.5, nb;q=0.7"}, "nb"),
        ({"Accept-Language": "nb;q=0, en"}, "en"),
        ({"Accept-Language": "fi"}, "en"),
        ({"Accept-Language": ";;,q=,*"}, "en"),
        ({"Accept-Language": "nb", "Cookie": "simulator_language=en"}, "en"),
        ({"Cookie": "simulator_language=nb"}, "nb"),
        ({"Cookie": "simulator_language=../x", "Accept-Language": "nb"}, "nb"),
    ],
)
async def test_a_page_speaks_the_visitors_language(desk: Desk, headers: dict[str, str], language: str) -> None:
    page = (await desk.call("GET", "/", headers=headers)).text

    assert f'<html lang="{language}">' in page
    assert f">{catalogues()[language]['band.word']}<" in page
    assert f'data-language="{language}" lang="{language}" aria-pressed="true"' in page


@pytest.mark.parametrize("language", ["en", "nb"])
async def test_a_script_finds_the_same_words(desk: Desk, language: str) -> None:
    assert (await desk.call("GET", f"/pages/text/{language}.json")).json == catalogues()[language]
