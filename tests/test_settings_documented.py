"""docs/settings.md and the code say the same, in both directions."""

import re
from dataclasses import fields
from pathlib import Path

from medlem.config import Settings

PAGE = (Path(__file__).parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_setting_is_documented_once_and_none_that_is_not_there() -> None:
    assert sorted(name for name, _, _ in ROWS) == sorted(setting.name.upper() for setting in fields(Settings))


def test_every_default_is_the_one_in_the_page() -> None:
    defaults = {setting.name.upper(): setting.metadata["default"] for setting in fields(Settings)}
    assert {name: default.strip("`") for name, default, _ in ROWS} == {
        name: "–" if default is None else default for name, default in defaults.items()
    }


def test_what_is_secret_is_called_so() -> None:
    secret = {setting.name.upper() for setting in fields(Settings) if setting.metadata["secret"]}
    assert {name for name, _, meaning in ROWS if "*Secret" in meaning} == secret
