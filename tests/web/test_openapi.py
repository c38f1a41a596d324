"""The published document: right by the specification, and true of the running service."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from fakes import HandClock
from medlem.web.app import operations
from medlem.web.operation import Operation
from medlem.web.problems import STATUSES
from medlem.web.published import document, refusals_of
from service import Service, open_service, options
from shop import Shop

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
MOST_EXAMPLES = 20  # and no time limit: given one, Schemathesis goes on until it is used up

type_of = "urn:medlem:problem:{}".format


@pytest.fixture
def published(shop: Shop) -> dict[str, Any]:
    """The document as a client reads it."""
    decoded: dict[str, Any] = json.loads(document(operations(), options(shop)))
    return decoded


async def test_the_document_is_right_by_the_specification(published: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(published).validate()


async def test_the_service_publishes_it(service: Service, published: dict[str, Any]) -> None:
    reply = await service.get("/openapi.json", None)
    assert reply.headers["content-type"] == "application/json"
    assert reply.body == published


@pytest.mark.parametrize("operation", operations(), ids=lambda of: f"{of.method} {of.path}")
async def test_every_refusal_of_a_call_is_published(operation: Operation, published: dict[str, Any]) -> None:
    responses = published["paths"][operation.path][operation.method.lower()]["responses"]
    for refusal in refusals_of(operation):
        response = responses[str(STATUSES[refusal.slug])]
        [_, types] = response["content"]["application/problem+json"]["schema"]["allOf"]
        assert type_of(refusal.slug) in types["properties"]["type"]["enum"]


async def test_every_call_says_who_may_call_it(published: dict[str, Any]) -> None:
    schemes = published["components"]["securitySchemes"]
    for path, methods in published["paths"].items():
        for described in methods.values():
            named = [scheme for alternative in described["security"] for scheme in alternative]
            assert set(named) <= schemes.keys()
            assert bool(named) == (not path.startswith(("/health", "/till", "/openapi", "/hooks/withdrawn")))


async def test_bodies_allow_no_unknown_fields(published: dict[str, Any]) -> None:
    schemas = published["components"]["schemas"]
    for name in (name for name in schemas if name.startswith("New")):
        assert schemas[name]["additionalProperties"] is False


async def test_examples_name_nobody(published: dict[str, Any]) -> None:
    text = json.dumps(published)
    numbers = re.findall(r"\+?(?:47)? ?4\d{2} ?\d{2} ?\d{3}\b", text)
    assert numbers
    for number in numbers:
        assert re.fullmatch(r"(\+?47)?400000\d\d", number.replace(" ", "")), number


async def test_the_longest_wait_is_the_one_that_is_set(shop: Shop) -> None:
    short = json.loads(document(operations(), options(shop, longest_wait=2.5)))
    [wait] = [
        parameter
        for parameter in short["paths"]["/v1/enrolments/{enrolment}"]["get"]["parameters"]
        if parameter["name"] == "wait"
    ]
    assert wait["schema"]["maximum"] == 2.5


@pytest.mark.parametrize(
    ("key", "paths"),
    [
        ("station", "^/v1/(identifications|enrolments)"),
        ("admin", "^/v1/(members|stations|keys)"),
        (None, "^/(health|till|hooks|openapi|metrics)"),
    ],
)
async def test_the_service_does_what_it_publishes(shop: Shop, tmp_path: Path, key: str | None, paths: str) -> None:
    """Schemathesis tries every call but the stream, which has no end, with right and wrong requests of its own."""
    async with hasty_service(shop) as service:
        url = f"http://127.0.0.1:{service.port}"
        credentials = ["-H", f"Authorization: Bearer {service.keys[key]}"] if key else []
        limits = ["--max-examples", str(MOST_EXAMPLES), "--seed", "20261123"]
        # A body may be right by its schema and still name no phone; `tests/web` shows that right ones are taken.
        unlike = ["--exclude-checks", "positive_data_acceptance", "--phases", "examples,coverage,fuzzing"]
        tester = await asyncio.create_subprocess_exec(
            SCHEMATHESIS,
            *("run", f"{url}/openapi.json", "--include-path-regex", paths, *credentials, *limits, *unlike),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        report, _ = await tester.communicate()
        assert tester.returncode == 0, report.decode()


@asynccontextmanager
async def hasty_service(shop: Shop) -> AsyncIterator[Service]:
    """A service on which nobody waits long."""
    shop.kari()
    hasty = replace(shop, ports=replace(shop.ports, clock=HastyClock()))
    async with open_service(hasty, longest_wait=0.01) as service:
        yield service


class HastyClock(HandClock):
    """Every wait is over at once."""

    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0)
