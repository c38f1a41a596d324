"""The bugs that are put back on purpose: each can be put back, and is caught."""

import subprocess

import pytest

from trials.catch import BUGS, ROOT, hunt, patches


@pytest.mark.parametrize("patch", patches(), ids=lambda patch: patch.stem)
def test_a_bug_can_be_put_back(patch: str) -> None:
    ran = subprocess.run(["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("bug", "rule"),
    [("event-ids-skipped", "stream"), ("no-unique-index", "double push"), ("sharing-ended-is-leaving", "wrong link")],
)
def test_a_bug_is_caught(bug: str, rule: str) -> None:
    caught = hunt(BUGS / f"{bug}.patch", most=10)
    assert (caught.rule, caught.trouble) == (rule, "")


def test_a_bug_that_got_away_is_told() -> None:
    patch = BUGS / "stale-lease-wins.patch"
    assert hunt(patch, most=1).rule == ""


def test_a_patch_that_does_not_apply_is_told() -> None:
    assert hunt(ROOT / "README.md", most=1).trouble.startswith("does not apply")
