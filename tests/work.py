"""What each statement is given when its work is counted: whatever it looks for is in the middle of the club."""

import json
from collections.abc import Iterable, Mapping
from typing import Final

import crowd
import history

CLUB: Final = "clb_1"
MOST: Final = 20
"""Rows that a statement with a limit may give, and members who have joined since a moment that is asked for."""

_WHOLE: Final = frozenset(
    {
        "answered_at",
        "arrived_at",
        "at",
        "attempts",
        "begun_at",
        "changed_at",
        "checked_at",
        "claim",
        "count",
        "created_at",
        "day",
        "decided_at",
        "due_at",
        "email_verified",
        "ended_at",
        "erased_at",
        "expires_at",
        "failing_since",
        "failures",
        "format",
        "former_until",
        "found",
        "free_at",
        "give_up_at",
        "given_at",
        "goes_version",
        "proposed_at",
        "stays_version",
        "granted",
        "happened_at",
        "http_status",
        "inactive_after",
        "interval_ms",
        "joined_at",
        "kept_at",
        "last_consent",
        "last_seen_at",
        "lease_until",
        "left_at",
        "made_at",
        "many",
        "margin",
        "minute",
        "notice",
        "number",
        "paused_at",
        "pinged_at",
        "position",
        "requested_at",
        "restricted_at",
        "revoked_at",
        "scanned_at",
        "seen_at",
        "sequence",
        "shared_at",
        "sharing_withdrawn_at",
        "slower",
        "status",
        "step",
        "text_version",
        "tried_at",
        "tries",
        "valid_until",
        "verified_at",
        "version",
        "year",
    }
)
_BYTES: Final = frozenset({"raw", "token", "settings", "request", "secret", "former_secret", "was", "why", "refusal"})

_NEW: Final[Mapping[str, object]] = {"digest": "new", "sequence": 2_000_000_000, "id": "new"}
_OTHERWISE: Final[Mapping[str, Mapping[str, object]]] = {
    "announcements.add": {**_NEW, "news": "joined", "body": b""},
    "announcements.end": {"hearing": "heard"},
    "check_ins.add": {**_NEW, "check_in": "new"},
    "consents.add": _NEW,
    "consents.add_text": {"source": "platform"},
    "consents.place": {"position": 2_000_000_000},
    "enrolments.add": {
        "enrolment": "new",
        "state": "waiting",
        "reason": None,
        "member": None,
        "answer": b"",
        "finish": "in_app",
    },
    "enrolments.last_ended": {"state": "declined"},
    "enrolments.save": {"state": "waiting", "reason": None, "member": None, "answer": b""},
    "events.add": {"position": 2_000_000_000, "kind": "enrolment"},
    "events.after": {"position": -1},
    "files.add_extra": {"name": "new"},
    "files.add_link": {"member": "spare", "ended_because": "left"},
    "files.add_member": {"id": "new", "member_number": "new", "sub": "new"},
    "files.add_past": {"joined_at": 2_000_000_000},
    "finding.by_family_name": {"first": "hans", "beyond": "hant", "place": "hans"},
    "finding.by_name": {"first": "kari", "beyond": "karj", "place": "kari"},
    "identifications.add": {"identification": "new", "evidence": "typed", "membership": "member"},
    "keys.add": {"kind": "station"},
    "landings.arrive": {**_NEW, "step": "arrived", "code": b""},
    "landings.save": {"step": "kept", "code": None, "answer": b"", "enrolment": None},
    "linkings.begin_again": {"verified_by": "merchant", "member": "spare"},
    "linkings.add": {"linking": "new", "outcome": "joined", "undoes": None},
    "members.add_link": {"verified_by": "merchant", "member": "spare"},
    "members.add": {"member": "new", "member_number": "new", "sub": "new"},
    "outbox.add_endpoint": {"endpoint": "new"},
    "outbox.add_notice": _NEW,
    "outbox.count": {"state": "waiting"},
    "outbox.save_notice": {"state": "delivered"},
    "outbox.save_endpoint": {"paused": None},
    "places.add_club": {"club": "new"},
    "places.add_station": {"station": "new"},
    "places.add_store": {"store": "new"},
    "merges.add": {"merge": "new"},
    "merges.page": {"before": "mrg_~"},
    "merges.begin_link": {"verified_by": "merchant", "member": "spare"},
    "rights.exercise": {"what": "exported"},
    "rights.keep_erasure": {"reason": "inactive"},
    "rights.keep_number": {"member": "spare"},
    "station_qrs.add": {"state": "up", "due_at": None},
    "webhooks.expect": _NEW,
}


_SINCE_ID: Final = frozenset({"rights.erase_numbers", "rights.erase_seen", "rights.seen"})
"""They are told a moment by an id that was made then."""


_UNTIL_ID: Final = frozenset(
    {
        "consents.between",
        "duplicates.by_birthdate",
        "duplicates.by_email",
        "duplicates.by_number",
        "files.evidence_between",
        "files.extras_between",
        "files.past_between",
    }
)


def values(name: str, parameters: Iterable[str], members: int) -> dict[str, object]:
    """What a statement is given in a club of so many members."""
    usual = _usual(members)
    if name in _SINCE_ID:
        usual["since"] = f"idn_{members - MOST:026}"
    if name.startswith("files."):
        usual["many"] = json.dumps([usual[one] for one in ("member", "member_number", "phone", "sub", "consent")])
    if name in _UNTIL_ID:
        usual["until"] = usual["next"]
    chosen = {one: usual.get(one, 1 if one in _WHOLE else b"" if one in _BYTES else "x") for one in parameters}
    return chosen | {one: value for one, value in _OTHERWISE.get(name, {}).items() if one in chosen}


def _usual(members: int) -> dict[str, object]:
    # A member who is present and not on any list, with an enrolment that was accepted.
    n = next(
        n
        for n in range(members // 2, members)
        if n % 6 == 4 and (200_000 + n) % 7 != 3 and 5 not in ((200_000 + n) % 11, (200_000 + n) % 13)
    )
    now, padded = crowd.JOINED + members * 1000, f"{n:026}"
    lately = now - MOST * 1000
    return {
        "club": CLUB,
        "member": f"mem_{padded}",
        "member_number": str(200_000 + n),
        "phone": crowd.msisdn(n, members),
        "stays": f"mem_{padded}",
        "goes": f"mem_{padded}",
        "one": "spare",
        "other": f"mem_{padded}",
        "merge": f"mrg_{padded}",
        "email": f"{200_000 + n}@example.com",
        "birthdate": f"19{200_000 + n}",
        "sub": f"sub-{n}",
        "station": history.station(n),
        "store": "sto_1",
        "identification": f"idn_{padded}",
        "enrolment": f"enr_{padded}",
        "linking": f"lnk_{padded}",
        "check_in": f"chk_{padded}",
        "consent": f"con_{padded}",
        "landing": f"digest-{n}",
        "digest": f"digest-{n}",
        "request_digest": f"request-{n}",
        "scope": f"scope-{n}",
        "endpoint": "ept_1",
        "id": f"ntc_{padded}",
        "first": n,
        "now": now,
        "until": now,
        "next": f"mem_{n + MOST:026}",
        "before": now,
        "beyond": now,
        "heard_before": now,
        "turned_down_before": now,
        "flagged_before": now,
        "since": lately,
        "missed_since": lately,
        "begun_since": lately,
        "ended_since": lately,
        "moment": lately,
        "place": lately,
        "after": f"mem_{padded}",
        "most": MOST,
        "verified_by": "login",
    }
