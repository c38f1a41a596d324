"""Compares the tables with the books: every account, number, record and notice, read by no query of the product."""

import hashlib
import json
from collections import Counter
from typing import Any, Final

from medlem.club.member import standing
from medlem.flows import membership, proving
from trials.register.books import Account, Record
from trials.register.raw import TRACES, Raw, Row, traces
from trials.register.state import Trial

SAID: Final = (
    "format", "club", "member", "sequence", "id", "act", "element", "purpose", "channel", "granted", "given_at",
    "seen_at", "method", "actor", "recorded_by", "station", "enrolment", "code", "wording", "language", "text_version",
    "text_hash", "evidence_digest", "remark_digest",
)  # fmt: skip
"""What goes into a record's digest, by docs/evidence.md."""


async def notices(trial: Trial) -> None:
    """Every change of this step is written down for the endpoint, once; a member's versions only rise."""
    got: Counter[tuple[str, str | None]] = Counter()
    present: dict[str, bool] = {}
    sql = f"select sequence, kind, body from notice where sequence > {trial.heard} order by sequence"  # noqa: S608
    for row in await trial.house.raw.rows(sql):
        trial.heard = int(row["sequence"])
        body = json.loads(row["body"])["data"]
        member = body["member"]
        got[row["kind"], member] += 1
        if row["kind"].startswith("member."):
            _version(trial, member, body)
            present[member] = body["present"]
    for member, there in present.items():
        trial.demand("notices", there, trial.books.accounts[member].present, f"presence of {member}", member)
    wanted = Counter(trial.due)
    trial.due.clear()
    if got != wanted:
        missing, beyond = sorted(wanted - got, key=str), sorted(got - wanted, key=str)
        about = [member for _, member in (*missing, *beyond)]
        raise trial.fail("notices", f"missing {missing}, and beyond {beyond}", *about)


def _version(trial: Trial, member: str, body: Row) -> None:
    before = trial.versions.get(member, 0)
    if body["version"] <= before:
        raise trial.fail("notices", f"version {body['version']} of {member} comes after {before}", member)
    trial.versions[member] = body["version"]


async def everything(trial: Trial) -> None:
    """All accounts, links and records, and every trace of anybody."""
    raw = trial.house.raw
    rows = {row["id"]: row for row in await raw.rows("select * from member")}
    await _accounts(trial, rows)
    await _links(trial, raw)
    await _records(trial, raw, rows)
    await _traces(trial, raw)
    await _chains(trial)
    await _allowed(trial)
    trial.counts["audits"] += 1


async def _accounts(trial: Trial, rows: dict[str, Row]) -> None:
    for strange in rows.keys() ^ trial.books.accounts.keys():
        raise trial.fail("register", f"{strange} stands in only one of books and tables", strange)
    for account in trial.books.accounts.values():
        row = rows[account.id]
        got = _row(row)
        wanted = _account(account)
        if got != wanted:
            differ = {name: (got[name], wanted[name]) for name in got if got[name] != wanted[name]}
            rule = "resurrected" if account.erased_at else "register"
            raise trial.fail(rule, f"{account.id} is otherwise than it has to be (is, has to be): {differ}", account)
    for what in ("sub", "member_number"):
        for value, times in Counter(row[what] for row in rows.values()).items():
            if value is not None and times > 1:
                raise trial.fail("duplicate", f"{times} members have the {what} {value}")


def _row(row: Row) -> dict[str, Any]:
    address = json.loads(row["address"]) if row["address"] else {}
    return {
        "card": row["member_number"],
        "sub": row["sub"],
        "name": row["name"],
        "given": row["given_name"],
        "family": row["family_name"],
        "email": row["email"],
        "verified": None if row["email_verified"] is None else bool(row["email_verified"]),
        "street": address.get("street_address"),
        "present": row["left_at"] is None,
        "shares": row["sharing_withdrawn_at"] is None,
        "restricted": row["restricted_at"] is not None,
        "erased": row["erased_at"],
    }


def _account(account: Account) -> dict[str, Any]:
    parts = ("name", "given", "family", "email", "verified", "street")
    return {
        "card": account.id if account.erased_at else account.card,
        "sub": account.sub,
        **{part: account.profile.get(part) for part in parts},
        "present": account.present,
        "shares": account.withdrawn_at is None,
        "restricted": account.restricted,
        "erased": None if account.erased_at is None else int(account.erased_at.timestamp() * 1000),
    }


async def _links(trial: Trial, raw: Raw) -> None:
    got = {
        (row["phone"], row["member"], row["verified_by"] != "merchant")
        for row in await raw.rows("select phone, member, verified_by from phone_link where ended_at is null")
    }
    wanted = {
        (link.number, link.account, link.by_login)
        for links in trial.books.links.values()
        for link in links
        if link.live
    }
    for number, member, by_login in got ^ wanted:
        word = "reaches" if (number, member, by_login) in got else "does not reach"
        raise trial.fail("register", f"{number} {word} {member}, by {'login' if by_login else 'list'}", member)
    by_login = Counter(number for number, _, platform in got if platform)
    for number, times in by_login.items():
        if times > 1:
            raise trial.fail("duplicate", f"{number} reaches {times} members by the platform's word")


async def _records(trial: Trial, raw: Raw, members: dict[str, Row]) -> None:
    found: dict[str, list[Row]] = {}
    for row in await raw.rows("select * from consent order by position"):
        found.setdefault(row["member"], []).append(row)
    for account in trial.books.accounts.values():
        rows = found.pop(account.id, [])
        _chain(trial, account, rows, members[account.id])
        emptied = [row for row in rows if row["emptied_at"] is not None]
        if emptied:
            if account.erased_at is None or len(emptied) != len(rows):
                raise trial.fail("records", f"records of {account.id} are emptied, who is not erased", account)
            trial.demand("records", len(rows), len(account.records), f"places of {account.id}", account)
            continue
        got = [_said(row) for row in rows]
        wanted = [_wanted(record) for record in account.records]
        trial.demand("records", got, wanted, f"what {account.id} has answered", account)
    for strange in found:
        raise trial.fail("records", f"{strange} has records, and is nobody", strange)


def _said(row: Row) -> tuple[Any, ...]:
    return (
        row["act"],
        row["element"],
        row["wording"],
        bool(row["granted"]),
        row["given_at"],
        row["seen_at"],
        row["enrolment"],
    )


def _wanted(record: Record) -> tuple[Any, ...]:
    given_at = None if record.given_at is None else int(record.given_at.timestamp() * 1000)
    seen_at = int(record.seen_at.timestamp() * 1000)
    return record.act, record.element, record.text, record.granted, given_at, seen_at, record.enrolment


def _chain(trial: Trial, account: Account, rows: list[Row], member: Row) -> None:
    """Follow a chain by docs/evidence.md alone."""
    before = "0" * 64
    for place, row in enumerate(rows, start=1):
        said = json.dumps([row[name] for name in SAID], separators=(",", ":"), ensure_ascii=False)
        holds = row["sequence"] == place and row["previous_hash"] == before
        holds = holds and (row["emptied_at"] is not None or row["digest"] == hashlib.sha256(said.encode()).hexdigest())
        before = hashlib.sha256((before + str(row["digest"])).encode()).hexdigest()
        if not holds or row["hash"] != before:
            raise trial.fail("broken chain", f"record {place} of {account.id} does not follow", account)
    if (member["last_consent"], member["consent_hash"] or "0" * 64) != (len(rows), before):
        raise trial.fail("broken chain", f"the chain of {account.id} ends elsewhere than it says", account)


async def _chains(trial: Trial) -> None:
    verdict = await proving.verify(trial.house.ports, trial.house.club)
    if not verdict.holds:
        fault = verdict.faults[0]
        raise trial.fail("broken chain", f"`verify` says of {fault.member}: {fault.said}", fault.member)
    trial.demand("broken chain", verdict.members, len(trial.books.accounts), "members that `verify` saw")


async def _allowed(trial: Trial) -> None:
    """Ask the product itself what some members allow."""
    live = trial.books.live()
    for account in trial.chance.sample(live, min(len(live), 200)):
        found = await membership.get(trial.house.ports, trial.house.club, account.id)
        got = {name: one.granted for name, one in standing(found.consents).items()}
        wanted = {name: one.granted for name, one in account.standing().items()}
        trial.demand("records", got, wanted, f"what {account.id} allows", account)


async def _traces(trial: Trial, raw: Raw) -> None:
    """Nobody is known by any cell who is not in the books. Numbers of the last day were forgotten before this."""
    allowed: set[str] = set()
    for account in trial.books.live():
        allowed |= account.numbers | set(account.asked.values())
        for part in (*account.profile.values(), account.sub):
            allowed |= {one.casefold() for one in _traced(part)}
    for trace, places in (await traces(raw, trial.house.is_sealed)).items():
        if trace not in allowed:
            about = [one.id for one in trial.books.accounts.values() if _could_be(trial, one, trace)]
            raise trial.fail("resurrected", f"{trace} stands in {sorted(places)}", *about)


def _traced(part: object) -> list[str]:
    return TRACES.findall(part) if isinstance(part, str) else []


def _could_be(trial: Trial, account: Account, trace: str) -> bool:
    human = trial.town.people[account.whose]
    theirs = (human.sub, human.name, human.email, human.street, *human.numbers)
    return any(trace in one.casefold() for one in theirs)
