"""Whom does a line of a file mean? The rules by which it is somebody in the register, somebody new, or nobody we take.

A line names a person by our id, by their member number, by `sub`, and else by their phone number, which alone makes
two people one only where nothing speaks against it: numbers are handed on, and households share one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from medlem.club.line import Flawed, Line, Why
from medlem.club.linking import named, same_email, same_name
from medlem.club.member import Member, Profile, VerifiedBy
from medlem.flows.import_table import Found, Known, Sought


@dataclass(frozen=True, slots=True)
class Meant:
    """Who it is; nobody when they are new."""

    found: Found | None = None


def sought(lines: Iterable[Line]) -> Sought:
    """All that lines name people by."""
    found = Sought()
    for line in lines:
        if line.id is not None:
            found.ids.add(line.id)
        if line.member_number is not None:
            found.member_numbers.add(line.member_number)
        if line.sub is not None:
            found.subs.add(line.sub)
        if line.phone is not None:
            found.phones.add(line.phone.msisdn)
    return found


def whom(line: Line, known: Known) -> Meant | Flawed:
    """Who is meant by a line."""
    named_by = _named(line, known)
    if isinstance(named_by, Flawed):
        return named_by
    meant = Meant(named_by) if named_by is not None else _reached(line, known)
    if isinstance(meant, Flawed):
        return meant
    if meant.found is None and vouched_for(line) is not VerifiedBy.MERCHANT and _login_elsewhere(line, known):
        return _taken(line, "By the platform's word this number is another member's.")
    if _erased(line, known.erased, meant):
        return Flawed(
            number=line.number,
            column=None,
            why=Why.ERASED_BEFORE,
            detail="Whoever is meant was erased. They come back by their own login alone.",
        )
    return meant


def vouched_for(line: Line) -> VerifiedBy:
    """By whose word a line's number is theirs: the platform's, where the line names the person as it does."""
    if line.phone_verified_by is None or (line.id is None and line.sub is None):
        return VerifiedBy.MERCHANT
    return line.phone_verified_by


def same_person(one: Profile, other: Profile) -> bool:
    """Whether two profiles of one phone number are taken for one person's.

    Their names or e-mails are the same, or neither has a name.
    """
    if same_name(one, other) or same_email(one, other):
        return True
    return not named(one) and not named(other) and (not one.email or not other.email)


def _named(line: Line, known: Known) -> Found | Flawed | None:
    """Who is named by anything but the phone number."""
    by_id = known.by_id.get(line.id) if line.id is not None else None
    by_number = known.by_number.get(line.member_number) if line.member_number is not None else None
    by_sub = known.by_sub.get(line.sub) if line.sub is not None else None
    found = by_id or by_number or by_sub
    if found is None:
        return None
    if by_number is not None and by_number is not found:
        return _conflicting(line, "member_number", "id and member_number are of two members of the register.")
    if by_sub is not None and by_sub is not found:
        return _conflicting(line, "sub", "sub is another member's than the rest of the line says.")
    member = found.member
    if line.sub is not None and member.sub is not None and member.sub != line.sub:
        return _conflicting(line, "sub", "This member is known to the platform by another sub.")
    if by_id is None and by_sub is None and not _could_be(line, member):
        return _conflicting(
            line,
            "member_number",
            "The register has this member number, and neither phone, name nor e-mail is the same there.",
        )
    return found


def _could_be(line: Line, member: Member) -> bool:
    """Whether a member who has a line's member number may be whom it means: something agrees, or nothing can."""
    ours, theirs = member.profile, line.profile
    if line.phone is not None and line.phone == member.phone:
        return True
    if same_name(ours, theirs) or same_email(ours, theirs):
        return True
    both_reached = line.phone is not None and member.phone is not None
    both_named = named(ours) and named(theirs)
    both_mailed = bool(ours.email) and bool(theirs.email)
    return not (both_named or (both_reached and both_mailed))


def _reached(line: Line, known: Known) -> Meant | Flawed:
    """Whom the phone number means."""
    if line.phone is None:
        return _without_number(line)
    number = line.phone.msisdn
    reached, former = known.reached.get(number, ()), known.former.get(number, ())
    if line.shared_number and line.id is not None:
        return Meant()  # one of ours, of whom it was known that they share it
    # A name says more than an address, which a household may share: so does that of somebody who has left.
    same = _of_name(reached, line) or _of_name(former, line)
    same = same or [one for one in reached if same_person(one.member.profile, line.profile)]
    same = same or [one for one in former if _was(one.member, line)]
    if not same and not line.shared_number:
        same = [one for one in reached if not (named(one.member.profile) and named(line.profile))]
    if len(same) == 1:
        return _if_they(line, same[0])
    if same or (reached and not line.shared_number):
        return _taken(
            line,
            "This number reaches somebody else in the register. If they share it, say yes in a column shared_number.",
        )
    return Meant()


def _of_name(found: Iterable[Found], line: Line) -> list[Found]:
    return [one for one in found if same_name(one.member.profile, line.profile)]


def _without_number(line: Line) -> Meant | Flawed:
    if line.id is not None or line.member_number is not None or line.sub is not None:
        return Meant()
    return Flawed(
        number=line.number,
        column=None,
        why=Why.NOBODY,
        detail="Nothing says who this is: a line needs a phone number, or a member_number, sub or id.",
    )


def _was(member: Member, line: Line) -> bool:
    """Whether somebody whom the number reached before is who the line means."""
    profile = line.profile
    if same_name(member.profile, profile) or same_email(member.profile, profile):
        return True
    return not member.present and not named(member.profile) and not named(profile)


def _if_they(line: Line, found: Found) -> Meant | Flawed:
    """They, unless the platform knows them by another `sub`."""
    if line.sub is not None and found.member.sub is not None:
        return _taken(line, "By the platform's word this number is another member's, who has another sub.")
    return Meant(found)


def _login_elsewhere(line: Line, known: Known) -> bool:
    """Whether the number is somebody's by the platform's word."""
    reached = known.reached.get(line.phone.msisdn, ()) if line.phone is not None else ()
    return any(one.member.phone_verified_by is not VerifiedBy.MERCHANT for one in reached)


def _erased(line: Line, erased: Sought, meant: Meant) -> bool:
    """Whether anything in a line named somebody who was erased, and is not theirs anew whom it means."""
    if not (erased.ids or erased.member_numbers or erased.subs or erased.phones):
        return False
    member = meant.found.member if meant.found is not None else None
    certain = member is not None and (line.id == member.id or line.member_number == member.member_number)
    phone = None if line.phone is None else line.phone.msisdn
    if line.id in erased.ids or (line.member_number in erased.member_numbers and not certain):
        return True
    if line.sub in erased.subs:
        return not (certain and member is not None and member.sub == line.sub)
    return phone in erased.phones and not (certain and member is not None and member.phone == line.phone)


def _conflicting(line: Line, column: str, detail: str) -> Flawed:
    return Flawed(number=line.number, column=column, why=Why.CONFLICTING, detail=detail)


def _taken(line: Line, detail: str) -> Flawed:
    return Flawed(number=line.number, column="phone", why=Why.NUMBER_TAKEN, detail=detail)
