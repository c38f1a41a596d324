"""Which key opens which call, and what happens to the others."""

import pytest

from medlem.club.masked import Masked
from medlem.club.place import KeyKind
from medlem.club.secrets import kind_of, new_secret
from medlem.flows import places
from medlem.web.app import operations
from medlem.web.operation import Door, Operation
from service import Service

LOCKED = [of for of in operations() if of.door.kinds is not None]


def path_of(operation: Operation) -> str:
    """Its path, with an id of the right shape that names nothing."""
    path = operation.path
    for name, prefix in (("enrolment", "enr"), ("member", "mem"), ("station", "sta"), ("key", "key")):
        path = path.replace("{" + name + "}", f"{prefix}_01kaq2y3m8e5x7r1t9v0w2z4b6")
    return path


def named(operation: Operation) -> str:
    """How a test names it."""
    return f"{operation.method} {operation.path}"


@pytest.mark.parametrize("operation", LOCKED, ids=named)
async def test_without_a_key_no_call_is_let_in(service: Service, operation: Operation) -> None:
    reply = await service.call(operation.method, path_of(operation), None)
    assert (reply.status, reply.problem) == (401, "unauthenticated")
    assert reply.headers["www-authenticate"] == 'Bearer realm="medlem"'


@pytest.mark.parametrize("operation", LOCKED, ids=named)
async def test_a_key_of_another_kind_is_forbidden(service: Service, operation: Operation) -> None:
    for kind in set(KeyKind) - (operation.door.kinds or set()):
        reply = await service.call(operation.method, path_of(operation), kind.value)
        assert (reply.status, reply.problem) == (403, "forbidden"), kind


@pytest.mark.parametrize("operation", LOCKED, ids=named)
async def test_a_key_that_nobody_has_opens_nothing(service: Service, operation: Operation) -> None:
    for kind in operation.door.kinds or set():
        reply = await service.call(operation.method, path_of(operation), new_secret(kind).reveal())
        assert (reply.status, reply.problem) == (401, "unauthenticated")
        assert 'error="invalid_token"' in reply.headers["www-authenticate"]


def test_each_call_has_the_door_that_the_contract_names() -> None:
    doors = {named(of): of.door for of in operations()}
    assert doors["POST /v1/identifications"] is Door.STATION
    assert doors["POST /v1/enrolments"] is Door.STATION
    assert doors["GET /v1/enrolments/{enrolment}"] is Door.STATION
    assert doors["GET /v1/events"] is Door.STATION
    assert {door for name, door in doors.items() if "/v1/members" in name} == {Door.INTEGRATION}
    assert {door for name, door in doors.items() if "/v1/stations" in name or "/v1/keys" in name} == {Door.ADMIN}


async def test_an_admin_key_opens_what_an_integration_key_opens(service: Service) -> None:
    assert (await service.get("/v1/members", "admin")).status == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic bWRsOm1kbA==",
        "mdl_st_x",
        "Bearer mdl_st_x",
        "Bearer ø",
        "Bearer mdl_xx_" + "0" * 38,
    ],
)
async def test_a_malformed_header_opens_nothing(service: Service, header: str) -> None:
    reply = await service.call("GET", "/v1/events", None, headers={"Authorization": header})
    assert (reply.status, reply.problem) == (401, "unauthenticated")


async def test_bearer_may_be_written_in_any_case(service: Service) -> None:
    headers = {"Authorization": f"bEARER  {service.keys['integration']}"}
    assert (await service.call("GET", "/v1/members", None, headers=headers)).status == 200


async def test_one_wrong_letter_is_seen_without_asking_the_database(service: Service) -> None:
    right = service.keys["station"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    assert kind_of(Masked(wrong)) is None
    assert (await service.get("/v1/events", wrong)).status == 401


async def test_a_key_revoked_elsewhere_stops_within_a_second(service: Service) -> None:
    made = await places.add_key(service.shop.ports, service.shop.club, KeyKind.INTEGRATION, "old")
    secret = made.secret.reveal()
    assert (await service.get("/v1/members", secret)).status == 200
    await places.revoke_key(service.shop.ports, service.shop.club, made.key.id)
    await service.shop.clock.turn(1)
    assert (await service.get("/v1/members", secret)).status == 401


async def test_keys_are_checked_before_bodies(service: Service) -> None:
    reply = await service.call("POST", "/v1/identifications", None, data=b"x" * 100_000)
    assert (reply.status, reply.problem) == (401, "unauthenticated")


async def test_keys_are_checked_before_queries_and_ids(service: Service) -> None:
    assert (await service.get("/v1/enrolments/x?y=z", None)).status == 401
    assert (await service.get("/v1/enrolments/x?y=z", "admin")).status == 403


async def test_another_clubs_keys_see_nothing_of_this_club(service: Service) -> None:
    other = await places.settle_club(service.shop.ports, "100002", "Other", "NO")
    secret = (await places.add_key(service.shop.ports, other, KeyKind.ADMIN, "other")).secret.reveal()
    member = await service.post("/v1/members", {"phone": "+4740000011"}, "integration")
    assert (await service.get("/v1/members", secret)).body["members"] == []
    assert (await service.get("/v1/stations", secret)).body["stations"] == []
    assert (await service.get(f"/v1/members/{member.body['id']}", secret)).status == 404
    assert (await service.call("DELETE", f"/v1/stations/{service.shop.station.id}", secret)).status == 404
