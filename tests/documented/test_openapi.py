"""The published OpenAPI documents accept what the simulator answers; a validator that is none of ours judges.

The documents below `openapi/` are made from the published facts: statuses, required fields, names of headers.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from openapi_spec_validator import OpenAPIV30SpecValidator
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import MissingHeaders
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from documented.simulator_bench import ARRANGED, answered
from simulator.desk import Desk, Reply

DOCUMENTS = {path.stem: json.loads(path.read_text()) for path in Path(__file__).with_name("openapi").glob("*.json")}
SCHEMAS = {name: schemathesis.openapi.from_dict(document) for name, document in DOCUMENTS.items()}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def flaws(method: str, path: str, reply: Reply) -> list[str]:
    """Everything in which an answer is not what the documents promise; raises if they know no such call."""
    name, template, variables = place(method, path)
    response = Response(
        status_code=reply.status,
        headers={header: [value] for header, value in reply.headers.items()},
        content=reply.text.encode(),
        request=requests.Request(method, f"http://platform.example{path}").prepare(),
        elapsed=0,
        verify=False,
    )
    try:
        SCHEMAS[name][template][method].Case(path_parameters=variables).validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        return [type(failure).__name__ for failure in group.exceptions]
    except Failure as failure:
        return [type(failure).__name__]
    return []


def place(method: str, path: str) -> tuple[str, str, dict[str, str]]:
    """Find the document that describes a call, its template, and what stands in the template's places."""
    for name, document in DOCUMENTS.items():
        for template, methods in document["paths"].items():
            found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)), path)
            if found and method.lower() in methods:
                return name, template, found.groupdict()
    raise LookupError(f"no document describes {method} {path}")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_right_by_the_specification(name: str) -> None:
    OpenAPIV30SpecValidator(DOCUMENTS[name]).validate()


@pytest.mark.parametrize("name", ARRANGED)
async def test_the_documents_accept_what_the_simulator_answers(desk: Desk, name: str) -> None:
    case, reply = await answered(desk, name)
    assert flaws(case.request["method"], case.request["path"].partition("?")[0], reply) == []


WEBHOOKS = "/webhooks/v1/webhooks"
REGISTERED = {"id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "secret": "s"}


@pytest.mark.parametrize(
    ("method", "path", "status", "headers", "body"),
    [
        ("POST", WEBHOOKS, 200, {"Content-Type": "application/json"}, REGISTERED),
        ("POST", WEBHOOKS, 201, {"Content-Type": "text/html"}, REGISTERED),
        ("POST", WEBHOOKS, 201, {"Content-Type": "application/json"}, {"id": REGISTERED["id"]}),
        ("POST", WEBHOOKS, 201, {"Content-Type": "application/json"}, REGISTERED | {"id": "1"}),
        ("GET", WEBHOOKS, 200, {"Content-Type": "application/json"}, {"webhooks": [REGISTERED]}),
        ("DELETE", f"{WEBHOOKS}/1", 200, {}, None),
        ("POST", "/qr/v1/exchange", 200, {"Content-Type": "application/json"}, {"msisdn": "4740000050"}),
        ("POST", "/qr/v1/exchange", 400, {"Content-Type": "application/problem+json"}, {"title": "Bad request"}),
    ],
)
def test_an_answer_that_is_not_as_published_is_seen(
    method: str, path: str, status: int, headers: dict[str, str], body: Any
) -> None:
    assert flaws(method, path, Reply(status, headers, "" if body is None else json.dumps(body)))


def test_a_missing_header_is_seen() -> None:
    path = "/vipps-login-ciba/api/backchannel/authentication"
    assert flaws("POST", path, Reply(429, {}, "")) == [MissingHeaders.__name__]
    assert flaws("POST", path, Reply(429, {"Retry-After": "30"}, "")) == []
