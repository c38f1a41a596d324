"""Examples for the OpenAPI document, and the rules between fields that types cannot say.

Numbers are of the series 47 400 00 0NN, which nobody has.
"""

from typing import Any, Final

BODIES: Final[dict[str, dict[str, Any]]] = {
    "identifications_create": {
        "scan": {"scan": "https://qr.vipps.no/28/2/01/031/4740000011?v=1"},
        "number": {"phone": "400 00 011", "country": "NO"},
    },
    "linkings_undo": {"not_theirs": {"why": "The customer says that the number is not theirs."}},
    "duplicates_say": {
        "mother_and_daughter": {"one": "mem_01kaq2y3m8e5x7r1t9v0w2z4b6", "other": "mem_01kaq2y3m8e5x7r1t9v0w2z4b7"}
    },
    "merges_propose": {
        "one_person": {"stays": "mem_01kaq2y3m8e5x7r1t9v0w2z4b6", "goes": "mem_01kaq2y3m8e5x7r1t9v0w2z4b7"}
    },
    "merges_undo": {"two_people": {"why": "It is her mother."}},
    "identifications_choose": {"first_name_told": {"member": "mem_01kaq2y3m8e5x7r1t9v0w2z4b6"}},
    "enrolments_create": {"ask": {"identification": "idn_01kaq2y3m8e5x7r1t9v0w2z4b6"}},
    "members_look_up": {"number": {"phone": "+4740000011"}, "name": {"family_name": "nord"}},
    "members_change": {"name": {"profile": {"name": "Kari Berg", "email": None}}},
    "members_create": {
        "by_hand": {"phone": "+4740000011", "profile": {"name": "Kari Nordmann", "email": "kari@example.org"}}
    },
    "rights_erase": {"asked": {"reason": "asked_by_member", "requested_at": "2026-11-20T09:30:00Z"}},
    "rights_restrict": {"contested": {"reason": "accuracy_contested"}},
    "consents_record": {
        "form": {
            "element": "sms",
            "granted": True,
            "text": "May we send you offers by SMS?",
            "language": "en",
            "method": "web_form",
            "actor": "customer",
            "at": "2026-11-23T09:00:00Z",
            "reference": "form 17",
        },
        "taken_back": {"element": "email", "granted": False, "method": "staff", "actor": "customer"},
    },
    "endpoints_create": {
        "members": {"url": "https://crm.example.org/hooks/club", "events": ["member.created", "member.left"]}
    },
    "endpoints_replay": {"from_a_moment": {"since": "2026-11-23T10:00:00Z"}},
    "stations_create": {"first_store": {"name": "Till 1", "store": None}},
    "stations_pair": {"typed": {"code": "CDFG-HJKM"}},
    "keys_create": {"integration": {"kind": "integration", "name": "Loyalty system"}},
}

SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "NewIdentification": {
        "oneOf": [
            {
                "required": ["scan"],
                "properties": {"scan": {"type": "string"}, "phone": {"type": "null"}, "country": {"type": "null"}},
            },
            {"required": ["phone"], "properties": {"phone": {"type": "string"}, "scan": {"type": "null"}}},
        ]
    },
    "LookUp": {
        "oneOf": [
            {"required": [one], "properties": {one: {"type": "string"}, **{two: {"type": "null"} for two in others}}}
            for one, others in (
                ("phone", ("member_number", "name", "family_name", "cursor")),
                ("member_number", ("phone", "name", "family_name", "cursor")),
                ("name", ("phone", "member_number", "family_name")),
                ("family_name", ("phone", "member_number", "name")),
            )
        ]
    },
    "NewReplay": {
        "oneOf": [
            {"required": ["notice"], "properties": {"notice": {"type": "string"}, "since": {"type": "null"}}},
            {
                "required": ["since"],
                "properties": {"since": {"type": "string", "format": "date-time"}, "notice": {"type": "null"}},
            },
        ]
    },
    "NewKey": {
        "oneOf": [
            {
                "required": ["station"],
                "properties": {"kind": {"const": "station"}, "station": {"type": "string"}},
            },
            {"properties": {"kind": {"enum": ["integration", "admin"]}, "station": {"type": "null"}}},
        ]
    },
}
"""Merged into the schema of that name."""

STREAM: Final = (
    ": medlem\nretry: 1000\n\n"
    'id: 41\nevent: snapshot\ndata: {"station":{"id":"sta_01kaq2y3m8e5x7r1t9v0w2z4b6","name":"Till 1"},'
    '"server_time":"2026-11-23T10:00:00Z","identification":null,"enrolments":[]}\n\n'
    ":\n\n"
)
