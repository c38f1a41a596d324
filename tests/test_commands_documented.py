"""docs/commands.md and the command line say the same, in both directions."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from medlem.cli import main

PAGE = (Path(__file__).parent.parent / "docs" / "commands.md").read_text(encoding="utf-8")


def sections() -> dict[str, str]:
    found = re.split(r"^## (medlem .+)$", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def commands(group: click.Group, name: str = "medlem") -> Iterator[tuple[str, click.Command]]:
    """Every command that can be run, by its full name."""
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


COMMANDS = dict(commands(main))


def options(command: click.Command) -> dict[str, click.Option]:
    """By every word that means them."""
    known = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {word: option for option in known for word in (*option.opts, *option.secondary_opts)}


def test_every_command_is_documented_and_none_that_is_not_there() -> None:
    assert set(sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_documented_with_its_default(name: str) -> None:
    rows = dict(re.findall(r"^\| `(--[a-z-]+)` \| (.*?) ?\| ", sections()[name], re.MULTILINE))
    known = options(COMMANDS[name])
    assert set(rows) == set(known)
    for word, default in rows.items():
        if default.startswith("`"):
            assert default.strip("`") == str(known[word].default)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_can_answer_in_json_and_says_what_it_does(name: str) -> None:
    assert "--json" in options(COMMANDS[name])
    assert COMMANDS[name].help
    assert all(option.help for option in options(COMMANDS[name]).values())
