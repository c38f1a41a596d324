"""docs/simulator.md: its examples run, and it leaves nothing out."""

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from aiohttp import ClientSession

from medlem.simulator.clock import SimClock
from medlem.simulator.control import Control
from medlem.simulator.faults import Kind
from medlem.simulator.switches import Switches
from medlem.simulator.wire import Operation
from medlem.simulator.world import World
from simulator.desk import Desk

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
EXAMPLE = re.compile(r"```http\n(\w+) (\S+)\n(\{.*\}\n)?→ (\d+)(?: (.*))?\n```")
EXAMPLES = EXAMPLE.findall(PAGE)
SHAPE_ONLY = "…"


def agrees(said: Any, found: Any) -> bool:
    """Tell whether an answer has what the page shows; dots, a time and the sales unit stand for any text."""
    match said:
        case dict():
            return all(name in found and agrees(each, found[name]) for name, each in said.items())
        case [first]:
            return bool(found) and agrees(first, found[0])
        case str() if SHAPE_ONLY in said or said.endswith("Z") or said == "123456":
            return said == SHAPE_ONLY or isinstance(found, str)
    return bool(said == found)


async def test_every_example_runs_as_it_stands(desk: Desk) -> None:
    assert len(EXAMPLES) == PAGE.count("```http") > 15
    auth_req_id = ""
    for method, path, body, status, said in EXAMPLES:
        if path.endswith(("/requests", "/decline")):
            auth_req_id = await desk.asked("4740000151", scope="openid name", binding_message="4MX-CQ3")
        reply = await desk.call(method, path.format(auth_req_id=auth_req_id), data=body or None)

        assert reply.status == int(status), (method, path, reply.text)
        assert not said or agrees(msgspec.json.decode(said), reply.json), (method, path, reply.text)


async def test_every_control_call_has_an_example() -> None:
    shown = {(method, path.partition("?")[0]) for method, path, *_ in EXAMPLES}

    async with ClientSession() as session:
        routes = Control(World(None, SimClock(), session)).routes()
    for route in routes:
        path = re.compile(re.sub(r"\{\w+\}", r"[^/]+", route.path))
        assert any(method == route.method and path.fullmatch(where) for method, where in shown), route


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_fault_is_explained(kind: str) -> None:
    assert f"\n| `{kind}` | " in PAGE


@pytest.mark.parametrize("operation", get_args(Operation))
def test_every_operation_is_named(operation: str) -> None:
    assert f"`{operation}`" in PAGE


@pytest.mark.parametrize("switch", msgspec.structs.fields(Switches))
def test_every_switch_is_explained_with_its_default(switch: msgspec.structs.FieldInfo) -> None:
    row = re.search(rf"^\| `{switch.name}` \| (.*?) \|", PAGE, re.MULTILINE)
    assert row is not None
    if not isinstance(switch.default, tuple):
        assert row[1] == f"`{msgspec.json.encode(switch.default).decode()}`"


@pytest.mark.parametrize("switch", msgspec.structs.fields(Switches))
def test_every_switch_says_why_there_is_a_choice(switch: msgspec.structs.FieldInfo) -> None:
    """Its row has four columns: name, default, meaning, and which pages disagree or say nothing."""
    row = re.search(rf"^\| `{switch.name}` \| (?:.*?) \| (?:.*?) \| (.*) \|$", PAGE, re.MULTILINE)
    assert row is not None, "a row of docs/simulator.md has four columns"
    assert re.match(r"\*\*(Two [\w-]+|Silent)\*\*[: ]|As told: |Ours: ", row[1]), row[1]


def test_the_page_names_no_switch_that_does_not_exist() -> None:
    table = PAGE.partition("## Switches")[2].partition("## Time")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))

    assert named == {switch.name for switch in msgspec.structs.fields(Switches)}
