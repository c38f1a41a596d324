"""What new members are asked: how a shop says it, and what counts as an answer."""

from pathlib import Path

import pytest

from medlem.club.extras import Choice, Extra, ExtraKind, in_language
from medlem.config import WrongSettings, load
from medlem.config.extras import read_extras

TEXT = Extra(name="size", kind=ExtraKind.TEXT, label={"en": "Size"})
CHOICE = Extra(
    name="heard",
    kind=ExtraKind.CHOICE,
    label={"en": "Heard"},
    choices=(Choice("a", {"en": "A"}), Choice("b", {"en": "B"})),
)
YES_NO = Extra(name="gift", kind=ExtraKind.YES_NO, label={"en": "Gift"})

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("extra", "said", "answer"),
    [
        (TEXT, "  forty\t two ", "forty two"),
        (TEXT, " \n ", None),
        (TEXT, "å" * 200, "å" * 200),
        (CHOICE, "b", "b"),
        (CHOICE, "", None),
        (YES_NO, "no", "no"),
    ],
)
def test_an_answer_is_kept_without_what_surrounds_it(extra: Extra, said: str, answer: str | None) -> None:
    assert extra.understood(said) == answer


@pytest.mark.parametrize(
    ("extra", "said"), [(TEXT, "x" * 201), (TEXT, "a\x00b"), (TEXT, "a\u202eb"), (CHOICE, "c"), (YES_NO, "true")]
)
def test_what_is_no_answer_is_refused(extra: Extra, said: str) -> None:
    with pytest.raises(ValueError, match="no answer"):
        extra.understood(said)


def test_a_label_that_is_missing_in_a_language_is_shown_in_its_first() -> None:
    assert in_language({"nb": "Navn", "en": "Name"}, "en") == "Name"
    assert in_language({"nb": "Navn", "en": "Name"}, "sv") == "Navn"


def test_the_file_in_the_page_of_settings_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "extras.toml"
    file.write_text("[[extra]]" + DOCUMENTED.partition("```toml\n[[extra]]")[2].partition("```")[0], encoding="utf-8")
    first, second, third = read_extras(str(file))
    assert [extra.kind for extra in (first, second, third)] == ["text", "choice", "yes_no"]
    assert [choice.name for choice in second.choices] == ["friend", "sign"]
    assert load(None, {"MEDLEM_EXTRAS": str(file)}).extras == (first, second, third)


ONE = '[[extra]]\nname = "a"\nkind = "text"\nlabel = { en = "A" }\n'
CHOOSE = '[[extra]]\nname = "a"\nkind = "choice"\nlabel = { en = "A" }\nchoices = '


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("[[extra", "TOML file that can be read"),
        ("extra = 1", "nothing but"),
        (ONE + "[more]\n", "nothing but"),
        (ONE * 6, "at most 5"),
        (ONE * 2, "a name of its own"),
        (ONE + "required = true\n", "nothing else"),
        (ONE.replace('"a"', '"A size"'), "number 1 has a name"),
        (ONE.replace('"text"', '"date"'), "is of the kind text, choice, yes_no"),
        (ONE.replace('{ en = "A" }', '"A"'), "a label by language"),
        (ONE.replace('"A"', '" "'), "a label by language"),
        (ONE.replace("en =", "english ="), "a label by language"),
        (ONE + "choices = []\n" + "x = 1", "nothing else"),
        (CHOOSE + "[]", "two to 12 choices"),
        (CHOOSE + '[{ name = "a", label = { en = "A" } }]', "two to 12 choices"),
        (CHOOSE + '[{ name = "a", label = { en = "A" } }, { name = "a", label = { en = "A" } }]', "no name twice"),
        (CHOOSE + '[{ name = "a" }, { name = "b" }]', "a label by language"),
        (CHOOSE + '["a", "b"]', "a name and a label each"),
    ],
)
def test_a_file_with_a_flaw_is_refused_with_where_it_is(tmp_path: Path, text: str, flaw: str) -> None:
    file = tmp_path / "extras.toml"
    file.write_text(text)
    with pytest.raises(WrongSettings, match="MEDLEM_EXTRAS") as refused:
        load(None, {"MEDLEM_EXTRAS": str(file)})
    assert flaw in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can be read"):
        read_extras(str(tmp_path / "nothing.toml"))
