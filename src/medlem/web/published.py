"""The OpenAPI document, made from the same descriptions as the calls themselves.

It promises what we do and no more: every status that a call can answer with, every problem behind it, every header.
Phone numbers in examples are of the series that nobody has.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from medlem import __version__
from medlem.club.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    Refusal,
    TooManyRequests,
    Unauthenticated,
)
from medlem.web import examples
from medlem.web.answer import JSON, Answer, encode
from medlem.web.call import Call
from medlem.web.operation import Door, Operation, Reply, operation
from medlem.web.options import Options
from medlem.web.problems import (
    MEDIA_TYPE,
    STATUSES,
    TYPE,
    InternalError,
    Problem,
    TooLarge,
    UnsupportedMediaType,
    title_of,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

DELIVERIES: Final = frozenset({Door.PLATFORM, Door.PROVIDER})
"""Doors through which others bring what they want to tell."""

SECURITY: Final[Mapping[Door, list[dict[str, list[str]]]]] = {
    Door.STATION: [{"stationKey": []}, {"tillCookie": []}, {"tillCookieOnThisMachine": []}],
    Door.INTEGRATION: [{"integrationKey": []}, {"adminKey": []}],
    Door.ADMIN: [{"adminKey": []}],
    Door.OPERATOR: [{}, {"adminKey": []}],
    Door.PAIRING: [],
    Door.ADDRESS: [],
    Door.PROVIDER: [{"notificationToken": []}],
    Door.PLATFORM: [{"platformSignature": []}],
    Door.ANYBODY: [],
}

SCHEMES: Final = {
    "stationKey": {"type": "http", "scheme": "bearer", "description": "`mdl_st_…`, for one station."},
    "integrationKey": {"type": "http", "scheme": "bearer", "description": "`mdl_in_…`, for the merchant's systems."},
    "adminKey": {"type": "http", "scheme": "bearer", "description": "`mdl_ad_…`, for whoever runs the club."},
    "tillCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-medlem",
        "description": "A till that was paired, from the service's own pages alone.",
    },
    "tillCookieOnThisMachine": {
        "type": "apiKey",
        "in": "cookie",
        "name": "medlem",
        "description": "The same where the service and the browser are one machine, without TLS.",
    },
    "notificationToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `client_notification_token` of the question (CIBA Core 1.0 section 10.2).",
    },
    "platformSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The platform's HMAC over the delivery (Webhooks API: request authentication).",
    },
}

_TEXT: Final = {"type": "string"}

HEADERS: Final = {
    "Medlem-Trace": {"description": "The trace of this request; it stands in our log.", "schema": _TEXT},
    "Location": {
        "description": "Where to follow the enrolment.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {"description": "Changes whenever anything in the answer does; for `If-Match`.", "schema": _TEXT},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
    "WWW-Authenticate": {"description": "What kind of credentials are wanted.", "schema": _TEXT},
    "Set-Cookie": {"description": "The till's login.", "schema": _TEXT},
}

IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat under the same key does nothing twice, and answers what the first call made as it is now.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}

IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what was read; nothing is done when it is not that any more. `*`: whatever it is.",
    "schema": {"type": "string"},
}

LAST_EVENT_ID: Final = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The id of the last event that was seen; what came after it follows, if it is known.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
}


@operation(
    "GET",
    "/openapi.json",
    door=Door.ANYBODY,
    replies={200: Reply(description="OpenAPI 3.1.", body=dict[str, Any])},
)
async def show(call: Call) -> Answer:
    """Describe every call there is."""
    return Answer(200, call.desk.published, JSON)


def document(operations: Sequence[Operation], options: Options) -> bytes:
    """The whole document, encoded."""
    kinds = list(_kinds(operations))
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    schema_of = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    components = {name: _tidied(name, schema) for name, schema in components.items()}
    paths: dict[str, dict[str, Any]] = {}
    for of in operations:
        paths.setdefault(of.path, {})[of.method.lower()] = _operation(of, schema_of, options)
    return encode(
        {
            "openapi": "3.1.0",
            "jsonSchemaDialect": DIALECT,
            "info": {
                "title": "medlem",
                "version": __version__,
                "description": "The customer club at the counter: identify, ask, welcome.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": SCHEMES},
        }
    )


def refusals_of(of: Operation) -> tuple[type[Refusal], ...]:
    """Everything that an operation may refuse with."""
    always: list[type[Refusal]] = [InternalError]
    if of.door.kinds is not None or of.door is Door.OPERATOR:
        always += [Unauthenticated, Forbidden]
    if of.door.kinds is not None or of.body is not None or of.door in DELIVERIES:
        always.append(InvalidRequest)
    if of.body is not None:
        always.append(UnsupportedMediaType)
    if of.body is not None or of.repeatable or of.door in DELIVERIES:
        always.append(TooLarge)
    if of.parameters and of.door not in DELIVERIES:
        always.append(NotFound)
    return tuple(dict.fromkeys((*of.refuses, *always)))


def _kinds(operations: Iterable[Operation]) -> Iterable[Any]:
    seen: dict[int, Any] = {id(Problem): Problem}
    for of in operations:
        for kind in (of.body, *(reply.body for reply in of.replies.values())):
            if kind is not None:
                seen[id(kind)] = kind
    return seen.values()


def _tidied(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What msgspec cannot know: which fields go together."""
    extra = examples.SCHEMAS.get(name)
    return {**schema, **extra} if extra else schema


def _operation(of: Operation, schema_of: Mapping[int, Any], options: Options) -> dict[str, Any]:
    summary, _, description = (of.run.__doc__ or "").strip().partition("\n")
    described: dict[str, Any] = {"operationId": of.name, "summary": summary, "tags": [of.name.partition("_")[0]]}
    if description.strip():
        described["description"] = "\n".join(line.strip() for line in description.strip().splitlines())
    described["parameters"] = _parameters(of, options)
    if of.body is not None:
        content: dict[str, Any] = {"schema": schema_of[id(of.body)]}
        if given := examples.BODIES.get(of.name):
            content["examples"] = {name: {"value": value} for name, value in given.items()}
        described["requestBody"] = {"required": True, "content": dict.fromkeys(of.takes, content)}
    elif of.door in DELIVERIES:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
    described["responses"] = {
        **{str(status): _reply(reply, schema_of) for status, reply in of.replies.items()},
        **_problems(of, schema_of),
    }
    described["security"] = SECURITY[of.door]
    return described


def _parameters(of: Operation, options: Options) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in of.parameters
    ]
    found += [
        {
            "name": query.name,
            "in": "query",
            "required": False,
            "description": query.description,
            "schema": query.schema(options),
        }
        for query in of.query
    ]
    if of.repeatable:
        found.append(IDEMPOTENCY_KEY)
    if of.conditional:
        found.append(IF_MATCH)
    if any(reply.media_type == "text/event-stream" for reply in of.replies.values()):
        found.append(LAST_EVENT_ID)
    return found


def _reply(reply: Reply, schema_of: Mapping[int, Any]) -> dict[str, Any]:
    headers = {name: HEADERS[name] for name in ("Medlem-Trace", *reply.headers)}
    described: dict[str, Any] = {"description": reply.description, "headers": headers}
    if reply.media_type == "text/event-stream":
        described["content"] = {reply.media_type: {"schema": _TEXT, "example": examples.STREAM}}
    elif reply.media_type != "application/json":
        described["content"] = {reply.media_type: {"schema": _TEXT}}
    elif reply.body is not None:
        described["content"] = {reply.media_type: {"schema": schema_of[id(reply.body)]}}
    return described


def _problems(of: Operation, schema_of: Mapping[int, Any]) -> dict[str, Any]:
    by_status: dict[int, list[type[Refusal]]] = {}
    for kind in refusals_of(of):
        by_status.setdefault(STATUSES[kind.slug], []).append(kind)
    return {str(status): _problem(status, kinds, schema_of) for status, kinds in sorted(by_status.items())}


def _problem(status: int, kinds: Sequence[type[Refusal]], schema_of: Mapping[int, Any]) -> dict[str, Any]:
    headers = {"Medlem-Trace": HEADERS["Medlem-Trace"]}
    if status in {STATUSES[TooManyRequests.slug], STATUSES["platform-unavailable"]}:
        headers["Retry-After"] = HEADERS["Retry-After"]
    if status == STATUSES[Unauthenticated.slug]:
        headers["WWW-Authenticate"] = HEADERS["WWW-Authenticate"]
    types = {"properties": {"type": {"enum": [TYPE + kind.slug for kind in kinds]}}}
    return {
        "description": " ".join(f"`{kind.slug}`: {title_of(kind)}" for kind in kinds),
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": {"allOf": [schema_of[id(Problem)], types]}}},
    }
