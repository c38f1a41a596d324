"""One word a thing: the glossary and the code hold each other to it."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import medlem.club

ROOT = Path(__file__).parent.parent
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
TYPES = re.findall(r"\(\*type\* `(\w+)`\)", GLOSSARY)
BANNED = {"user", "users", "data", "info", "manager", "helper", "helpers", "util", "utils"}
PLATFORMS_OWN = ("vipps", "simulator")
OTHERS_WORDS = re.compile(r"user_?(exists|info)|data_received", re.IGNORECASE)
"""The platform's user-exists and userinfo; asyncio's name for what a protocol is handed."""


def club_names() -> set[str]:
    modules = [
        importlib.import_module(f"medlem.club.{found.name}") for found in pkgutil.iter_modules(medlem.club.__path__)
    ]
    return {name for module in modules for name in vars(module)}


@pytest.mark.parametrize("name", TYPES)
def test_a_term_that_is_a_type_is_a_name_in_the_club(name: str) -> None:
    assert name in club_names()


def test_the_glossary_names_every_noun_of_the_club() -> None:
    assert len(TYPES) == len(set(TYPES)) > 15
    listed = GLOSSARY.partition("## Words that are not used")[2]
    assert {word for word in BANNED if word in listed} >= {"user", "data", "info", "manager", "helper", "util"}


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id


def test_words_that_mean_nothing_are_not_names_of_ours() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in (ROOT / "src" / "medlem").rglob("*.py")
        if path.relative_to(ROOT / "src" / "medlem").parts[0] not in PLATFORMS_OWN
        for line, name in names_in(path)
        if BANNED & {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", OTHERS_WORDS.sub("", name))}
    ]
    # Litestar names the body of a request `data`; there the word is the framework's.
    assert [one for one in found if not (one.endswith(" data") and "/web/" in one)] == []
