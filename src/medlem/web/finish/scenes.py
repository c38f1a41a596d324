"""Puts a scene into words: the page as text, every foreign word in it escaped.

Of the member it shows the first name and the member number, and nothing else of what was shared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from medlem.club.extras import LONGEST_ANSWER, NO, YES, Extra, ExtraKind, in_language
from medlem.club.member import Member
from medlem.web.finish.sheet import sheet

WORD: Final = "word"
"""The form's field that proves where it comes from."""
ANSWER: Final = "extra-"
"""Before the name of each field with an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the new member may add."""

    word: str
    extras: Sequence[Extra]
    said: Mapping[str, str] = field(default_factory=dict)
    """What was filled in, when the form comes back."""
    wrong: frozenset[str] = frozenset()
    """The names of what could not be taken."""


def page(language: str, club: str, scene: str, member: Member | None = None, form: Form | None = None) -> bytes:
    """The whole page."""
    words = sheet().words[language]
    name = first_name(member)
    title = words["welcome_name"].replace("{name}", name) if scene == "welcome" and name else words[scene]
    body = [f"<h1>{escape(title)}</h1>"]
    if member is not None:
        number = f'<strong class="number">{escape(member.member_number)}</strong>'
        body.append(f"<p>{escape(words['number'])} {number}</p>")
    if form is not None and form.extras:
        body.append(_form(form, words, language))
    else:
        body.append(f"<p>{escape(words[f'{scene}_what'])}</p>")
    filled = {
        "language": language,
        "scene": scene,
        "style": f"files/{sheet().version}/finish.css",
        "icon": f"files/{sheet().version}/icon.svg",
        "title": escape(title),
        "club": escape(club),
        "body": "\n".join(body),
    }
    text = sheet().page
    for place, value in filled.items():
        text = text.replace("{{" + place + "}}", value)
    return text.encode()


def first_name(member: Member | None) -> str | None:
    """How the page greets; None for a member who shared no name."""
    if member is None:
        return None
    given = member.profile.given_name or (member.profile.name or "").strip().rpartition(" ")[0] or member.profile.name
    return given.strip() if given and given.strip() else None


def _form(form: Form, words: Mapping[str, str], language: str) -> str:
    parts = [
        '<form method="post">',
        f'<input type="hidden" name="{WORD}" value="{escape(form.word)}">',
        f"<p>{escape(words['form_what'])}</p>",
    ]
    if form.wrong:
        parts.append(f'<p class="wrong" role="alert">{escape(words["form_wrong"])}</p>')
    parts += [_extra(extra, form, words, language) for extra in form.extras]
    parts.append(f'<button type="submit">{escape(words["form_send"])}</button>')
    return "\n".join([*parts, "</form>"])


def _extra(extra: Extra, form: Form, words: Mapping[str, str], language: str) -> str:
    name, said = f"{ANSWER}{extra.name}", form.said.get(extra.name, "")
    label = _label(extra.label, language)
    wrong = f' aria-invalid="true" aria-describedby="{name}-wrong"' if extra.name in form.wrong else ""
    told = f'<p class="wrong" id="{name}-wrong">{escape(words["extra_wrong"])}</p>' if wrong else ""
    if extra.kind is ExtraKind.TEXT:
        value = f'value="{escape(said)}" maxlength="{LONGEST_ANSWER}" autocomplete="off"'
        return f'<label for="{name}">{label}</label><input type="text" id="{name}" name="{name}" {value}{wrong}>{told}'
    if extra.kind is ExtraKind.CHOICE:
        options = "".join(
            f'<option value="{choice.name}"{_chosen(said, choice.name, "selected")}>'
            f"{escape(in_language(choice.label, language))}</option>"
            for choice in extra.choices
        )
        empty = f'<option value="">{escape(words["no_answer"])}</option>'
        field_ = f'<select id="{name}" name="{name}"{wrong}>{empty}{options}</select>'
        return f'<label for="{name}">{label}</label>{field_}{told}'
    buttons = "".join(
        f'<label class="radio"><input type="radio" name="{name}" value="{value}"{_chosen(said, value, "checked")}>'
        f" {escape(words[value])}</label>"
        for value in (YES, NO)
    )
    return f"<fieldset><legend>{label}</legend>{buttons}{told}</fieldset>"


def _chosen(said: str, value: str, how: str) -> str:
    return f" {how}" if said == value else ""


def _label(label: Mapping[str, str], language: str) -> str:
    """A label, with its language where that is not the page's."""
    text = escape(in_language(label, language))
    return text if language in label else f'<span lang="{next(iter(label))}">{text}</span>'
