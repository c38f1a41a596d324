"""A proof for people: one page that needs nothing else, to be read on a screen or printed on A4."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Final

from medlem.app.proof.contents import Controller, Person, Proof, masked
from medlem.app.proof.looks import LOOKS
from medlem.club.consent import Actor, Method, Purpose, Text, Verdict
from medlem.club.ids import StationId
from medlem.club.member import Consent, standing
from medlem.flows.consent_table import Login

METHODS: Final = {
    Method.VIPPS_CIBA: "a question in the app",
    Method.VIPPS_BROWSER: "a login in the browser",
    Method.PAPER: "paper",
    Method.WEB_FORM: "a form of the merchant's on the web",
    Method.STAFF: "the merchant's staff or system",
    Method.IMPORT: "an import",
}
ACTORS: Final = {Actor.CUSTOMER: "the customer", Actor.STAFF: "staff, for the customer"}
PURPOSES: Final = {
    Purpose.MEMBERSHIP: "Membership",
    Purpose.MARKETING: "Marketing",
    Purpose.ANALYSIS: "Analysis of purchases",
    Purpose.OTHER: "Another question of the merchant's",
}
SOURCES: Final = {
    "platform": "shown in the app, as the merchant's portal was set up",
    "merchant": "a form of the merchant's own",
}
MOST_FAULTS: Final = 50
UNSAID: Final = "not said"
LAST_SECOND: Final = 253402300799
"""Of the year 9999."""


def written(proof: Proof) -> str:
    """The whole page."""
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{_e(_title(proof))}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{LOOKS}</style></head><body><main>",
            *_head(proof),
            *(line for person in proof.people for line in _person(proof, person)),
            *_texts(proof),
            *_how_to_check(proof),
            "</main></body></html>\n",
        ]
    )


def _title(proof: Proof) -> str:
    return f"Proof of consents – {proof.club.name}"


def _head(proof: Proof) -> Iterator[str]:
    if "member" in proof.scope:
        what = f"Member {_e(proof.scope['member'])}"
    else:
        what = f"Everybody of whom something was recorded from {_e(proof.scope['from'])} until {_e(proof.scope['to'])}"
    yield f"<header><p class=kind>Proof of consents</p><h1>{_e(proof.club.name)}</h1><p class=what>{what}</p></header>"
    yield "<dl class=facts>"
    yield _fact("Sales unit", _e(proof.club.sales_unit))
    yield _fact("Made", _moment(proof.made_at))
    yield _fact("By", _e(f"medlem {proof.version}"))
    yield _fact("Members", str(len(proof.people)))
    yield "</dl>"
    yield from _controller(proof.controller)
    yield from _verdict(proof)


def _controller(controller: Controller) -> Iterator[str]:
    yield "<section class=controller><h2>Who answers for it</h2><dl>"
    yield _fact("Controller", _e(controller.name or UNSAID))
    yield _fact("Org. number", _e(controller.org_number or UNSAID))
    yield _fact("Contact", _e(controller.contact or UNSAID))
    if controller.dpo:
        yield _fact("Data protection officer", _e(controller.dpo))
    if controller.processors:
        yield _fact("Processor", _e(", ".join(controller.processors)) + ", which asks in the app")
    yield "</dl></section>"


def _verdict(proof: Proof) -> Iterator[str]:
    own = Verdict()
    for person in proof.people:
        own.records += person.verdict.records
        own.faults += person.verdict.faults
    if own.holds and proof.whole.holds:
        whole = proof.whole
        of = "one member" if whole.members == 1 else f"{whole.members} members"
        yield (
            "<section class='verdict good'><h2>✓ The records are as they were written</h2>"
            f"<p>{own.records} records shown here, and all {whole.records} of the club, of {of}, were followed from "
            "the first to the last when this was made. None is changed, missing or out of its order.</p></section>"
        )
        return
    yield "<section class='verdict bad'><h2>✗ Some records are not as they were written</h2><ul>"
    for fault in [*own.faults, *(one for one in proof.whole.faults if one not in own.faults)][:MOST_FAULTS]:
        yield f"<li>Record {fault.sequence} of {_e(fault.member)}: {_e(fault.said)}.</li>"
    yield f"</ul><p>{len(proof.whole.faults)} faults among all members.</p></section>"


def _person(proof: Proof, person: Person) -> Iterator[str]:
    yield f"<section class=member><h2>{_e(_name(person))}</h2><dl class=facts>"
    if (member := person.member) is not None:
        yield _fact("Member number", _e(member.member_number))
        yield _fact("Phone", _e(masked(member) or "none"))
        yield _fact("Joined", _moment(member.joined_at) + _at(proof, member.station))
        yield _fact("Left", _moment(member.left_at) if member.left_at else "is a member")
        if member.merged_into is not None:
            yield _fact("Is the same person as", _e(member.merged_into))
    for moment in person.sharing_withdrawn:
        yield _fact("Ended sharing in the app", _moment(moment) + " (takes back no consent)")
    yield "</dl>"
    yield from _standing(person)
    yield f"<h3>What happened, in order ({person.verdict.records} records)</h3><ol class=timeline>"
    places = {row["id"]: row for row in person.chain.rows}
    logins = {login.enrolment: login for login in person.logins}
    for record in person.records:
        login = logins.get(record.enrolment) if record.enrolment else None
        yield from _record(proof, record, login, places[record.id]["hash"] or "", places[record.id]["sequence"])
    yield "</ol>"
    if person.verdict.emptied:
        yield f"<p>{person.verdict.emptied} records were emptied; their places are still in the chain.</p>"
    end = person.chain.end
    yield f"<p class=hash>The chain ends with record {end.sequence}: {_e(end.hash)}</p></section>"


def _standing(person: Person) -> Iterator[str]:
    yield "<h3>What stands when this is made</h3>"
    found = standing(person.records)
    if not found:
        yield "<p>Nothing was ever asked.</p>"
        return
    yield "<table><thead><tr><th>For</th><th>Question</th><th>Answer</th><th>Since</th></tr></thead><tbody>"
    for element, record in sorted(found.items(), key=lambda one: (one[1].what_for, one[0])):
        answer = "<td class=yes>✓ yes</td>" if record.granted else f"<td class=no>✗ {_act(record)}</td>"
        since = _moment(record.given_at or record.seen_at)
        yield f"<tr><td>{_for(record)}</td><td>{_e(element)}</td>{answer}<td>{since}</td></tr>"
    yield "</tbody></table>"


def _record(proof: Proof, record: Consent, login: Login | None, hashed: str, sequence: int | None) -> Iterator[str]:
    kind = "yes" if record.granted else "no"
    yield f"<li class={kind}><div class=act><b>{_act(record)}</b> · {_for(record)} · {_e(record.element)}</div>"
    if record.text:
        language = f" lang='{_e(record.language)}'" if record.language else ""
        yield f"<blockquote{language}>{_e(record.text)}</blockquote>"
    elif record.what_for is Purpose.MEMBERSHIP:
        yield "<p class=note>The app's own words, by the use case that is chosen in the portal.</p>"
    yield "<dl>"
    yield _fact("Answered", _moment(record.given_at) if record.given_at else "not told; not later than it was heard")
    yield _fact("Heard", _moment(record.seen_at))
    yield _fact("By way of", METHODS[record.method] if record.method else "not recorded")
    if record.actor:
        yield _fact("Who", ACTORS[record.actor])
    if record.station:
        yield _fact(
            "Station",
            _e(proof.stations.get(record.station, "out of service")) + f" <small>{_e(record.station)}</small>",
        )
    if record.code:
        yield _fact("Code on both screens", f"<code>{_e(record.code)}</code>")
    if record.text_version:
        yield _fact("Text", f"version {record.text_version}, {_e(record.language or 'language not told')}")
    for name, said in (("Reason", record.reason), ("Reference", record.reference), ("Key", record.recorded_by)):
        if said:
            yield _fact(name, _e(said))
    if record.enrolment:
        yield from _enrolment(record.enrolment, login)
    yield f"</dl><p class=hash>record {sequence or 'without a place'} · {_e(record.id)}<br>{_e(hashed)}</p></li>"


def _enrolment(enrolment: str, login: Login | None) -> Iterator[str]:
    """By which enrolment it came, and what the platform's signed token said of the login."""
    yield _fact("Enrolment", f"<small>{_e(enrolment)}</small>")
    said = login.claims if login else {}
    for name, claim in (("Logged in", "auth_time"), ("Token written", "iat")):
        if (moment := _seconds(said.get(claim))) is not None:
            yield _fact(name, moment)
    for name, claim in (("Token of", "iss"), ("Made out to", "aud"), ("Level", "acr"), ("By means of", "amr")):
        if (what := said.get(claim)) is not None:
            yield _fact(name, f"<small>{_e(', '.join(what) if isinstance(what, list) else str(what))}</small>")


def _seconds(value: object) -> str | None:
    """A moment as tokens have it; None for what is none."""
    if not isinstance(value, int | float) or not 0 <= value <= LAST_SECOND:
        return None
    return _moment(datetime.fromtimestamp(value, UTC))


def _texts(proof: Proof) -> Iterator[str]:
    if not proof.texts:
        return
    yield "<section class=texts><h2>The texts</h2>"
    for text in proof.texts:
        yield from _text(text)
    yield "</section>"


def _text(text: Text) -> Iterator[str]:
    yield f"<article><h3>{_e(text.element)}, {_e(text.language or 'language not told')}, version {text.version}</h3>"
    yield f"<blockquote>{_e(text.words)}</blockquote><dl>"
    yield _fact("First seen", _moment(text.first_seen_at))
    yield _fact("Last seen", _moment(text.last_seen_at) + ", to a day")
    yield _fact("Where", SOURCES[text.source])
    yield f"</dl><p class=hash>SHA-256 {_e(text.sha256)}</p></article>"


def _how_to_check(proof: Proof) -> Iterator[str]:
    yield (
        "<section class=check><h2>How to check this</h2><ol>"
        "<li><code>medlem evidence check FILE --key KEY</code> says whether any byte was changed. The key is to "
        "come from the merchant by another way than this file; <code>medlem evidence key</code> shows it.</li>"
        "<li>Without medlem: <code>manifest.sig</code> is the Ed25519 signature over <code>manifest.json</code>, which "
        "names the SHA-256 of every other file.</li>"
        "<li>The chain: in <code>records.json</code> a record's <code>digest</code> is the SHA-256 of what it says, "
        "and its <code>hash</code> the SHA-256 of the hash before it followed by its digest.</li></ol>"
        f"<p class=hash>Public key {_e(proof.public_key)}</p></section>"
    )


def _act(record: Consent) -> str:
    return record.what.value.replace("_", " ")


def _for(record: Consent) -> str:
    channel = f" by {_e(record.channel)}" if record.channel else ""
    return PURPOSES[record.what_for] + channel


def _at(proof: Proof, station: StationId | None) -> str:
    name = proof.stations.get(station) if station else None
    return f", at {_e(name)}" if name else ""


def _name(person: Person) -> str:
    if person.member is None:
        return f"Somebody who was erased ({person.chain.member})"
    return person.member.profile.name or "No name is known"


def _fact(name: str, said: str) -> str:
    return f"<div><dt>{name}</dt><dd>{said}</dd></div>"


def _moment(moment: datetime) -> str:
    return f"<time datetime='{moment.isoformat()}'>{moment:%Y-%m-%d %H:%M:%S} UTC</time>"


def _e(text: str) -> str:
    return escape(text, quote=True)
