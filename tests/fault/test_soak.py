"""A day in small: real processes, a real PostgreSQL, two nodes that are killed. `make soak` is the long one."""

from pathlib import Path

from trials.soak.day import Plan, live
from trials.soak.trouble import Weather

SECONDS = 16


async def test_nothing_is_lost_or_doubled_while_nodes_and_the_database_are_killed(tmp_path: Path) -> None:
    plan = Plan(
        seed=4,
        seconds=SECONDS,
        stations=12,
        pause=2,
        lives=(2, 5),
        weather=Weather(database=SECONDS / 2, freeze=0, rolling=0, cut=1),
        wait_for_expiry=False,
    )
    run = await live(plan, tmp_path)
    assert run.seen.failures == []
    assert run.kills > 0
    assert run.trouble.counts["database stopped"] > 0
    assert any(row["state"] == "accepted" for row in run.rows.enrolments.values())
