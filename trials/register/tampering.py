"""A stranger's hand in the records: one byte, one place, one row; each must be found, and nobody else blamed."""

from collections.abc import Awaitable, Callable
from typing import Final

from medlem.flows import proving
from trials.register.judge import SAID
from trials.register.raw import Raw, Refused, Row, quoted
from trials.register.state import Trial

AT_ONCE: Final = 40
"""Members whose records are tampered with between two walks along all chains."""
COLUMNS: Final = (*SAID, "previous_hash", "digest", "hash", "reason", "reference", "salt", "emptied_at")
WHOSE: Final = {"club", "member"}
"""Changing these takes the row away from where it belongs."""
UNBOUND: Final = {"id", "emptied_at"}
"""Of a record that was emptied nothing says any more what these were."""

NEVER_NULL: Final = {"element", "wording", "granted", "seen_at"}

Hand = Callable[[Trial, Raw, list[Row]], Awaitable[str]]


async def try_all(trial: Trial, many: int) -> None:
    """Tamper with `many` members, some at a time, and see that each is found by name."""
    await trial.house.ports.errands.finish()
    await trial.house.clock.turn(1)
    raw = trial.house.raw
    await raw.without_guards()
    chains: dict[str, list[Row]] = {}
    for row in await raw.rows("select * from consent order by position"):
        chains.setdefault(row["member"], []).append(row)
    members = sorted(chains)
    trial.chance.shuffle(members)
    for first in range(0, min(many, len(members)), AT_ONCE):
        some = members[first : min(first + AT_ONCE, many)]
        done = {member: await _tamper(trial, raw, chains[member]) for member in some}
        await _found(trial, done)
        for member in some:
            await _put_right(raw, chains[member])
    await _found(trial, {})


async def _found(trial: Trial, done: dict[str, str]) -> None:
    verdict = await proving.verify(trial.house.ports, trial.house.club)
    named = {fault.member for fault in verdict.faults}
    for member in sorted(done.keys() - named):
        raise trial.fail("broken chain", f"nobody found that of {member} {done[member]}", member)
    for member in sorted(named - done.keys()):
        raise trial.fail("broken chain", f"{member} is blamed, whose records nobody touched", member)
    trial.counts["tampered with, and found"] += len(done)


async def _tamper(trial: Trial, raw: Raw, chain: list[Row]) -> str:
    hands: list[Hand] = [_flip] * 14 + [_take_away, _cut_off, _unplace, _move]
    if not trial.books.accounts[chain[0]["member"]].erased_at:
        hands.append(_empty)
    if len(chain) > 1:
        hands += [_swap, _swap]
    while True:
        try:
            return await trial.chance.choice(hands)(trial, raw, chain)
        except Refused:
            trial.counts["tampering that the database refused"] += 1


async def _flip(trial: Trial, raw: Raw, chain: list[Row]) -> str:
    """Change one byte of one column, or write into an empty one."""
    row = trial.chance.choice(chain)
    left_out = WHOSE if row["emptied_at"] is None else WHOSE | UNBOUND
    column = trial.chance.choice([one for one in COLUMNS if one not in left_out])
    other = _other(trial, column, row[column])
    await raw.run(f"update consent set {column} = {quoted(other)} where position = {row['position']}")  # noqa: S608
    return f"{column} of record {row['sequence']} was changed"


def _other(trial: Trial, column: str, value: object) -> object:
    if isinstance(value, int):
        return value ^ (1 << trial.chance.randrange(1 if column == "granted" else 20))
    if isinstance(value, str) and value:
        at = trial.chance.randrange(len(value))
        return value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]
    numbers = {"given_at", "text_version", "emptied_at", "recorded_at"}
    return 1 if column in numbers else "x"


async def _take_away(_: Trial, raw: Raw, chain: list[Row]) -> str:
    row = chain[len(chain) // 2]
    await raw.run(f"delete from consent where position = {row['position']}")  # noqa: S608
    return f"record {row['sequence']} was deleted"


async def _cut_off(_: Trial, raw: Raw, chain: list[Row]) -> str:
    await raw.run(f"delete from consent where position = {chain[-1]['position']}")  # noqa: S608
    return "the last record was deleted"


async def _unplace(trial: Trial, raw: Raw, chain: list[Row]) -> str:
    """Let a record look as if it were of an earlier version, and had no place yet."""
    row = trial.chance.choice(chain)
    sql = f"update consent set sequence = null, hash = null where position = {row['position']}"  # noqa: S608
    await raw.run(sql)
    return f"record {row['sequence']} lost its place"


async def _swap(trial: Trial, raw: Raw, chain: list[Row]) -> str:
    """Let two records change places."""
    one, other = trial.chance.sample(chain, 2)
    beyond = 10**15
    for here, there in ((one["position"], beyond), (other["position"], one["position"]), (beyond, other["position"])):
        await raw.run(f"update consent set position = {there} where position = {here}")  # noqa: S608
    return f"records {one['sequence']} and {other['sequence']} changed places"


async def _move(trial: Trial, raw: Raw, chain: list[Row]) -> str:
    """Let a record be of somebody whom nobody has ever heard of."""
    row = trial.chance.choice(chain)
    sql = f"update consent set member = {quoted(row['member'][:-1] + '_')} where position = {row['position']}"  # noqa: S608
    await raw.run(sql)
    return f"record {row['sequence']} is another member's"


async def _empty(trial: Trial, raw: Raw, chain: list[Row]) -> str:
    """Empty a record as an erasure does, whose member is there still."""
    row = trial.chance.choice(chain)
    nothing = ", ".join(f"{one} = null" for one in (*SAID[5:], "reason", "reference", "salt") if one not in NEVER_NULL)
    nothing += f", element = '', wording = '', granted = 0, seen_at = 0, emptied_at = {4 * 10**12}"
    await raw.run(f"update consent set {nothing} where position = {row['position']}")  # noqa: S608
    return f"record {row['sequence']} was emptied"


async def _put_right(raw: Raw, chain: list[Row]) -> None:
    places = ", ".join(str(row["position"]) for row in chain)
    await raw.run(f"delete from consent where position in ({places})")  # noqa: S608
    for row in chain:
        values = ", ".join(quoted(value) for value in row.values())
        await raw.run(f"insert into consent ({', '.join(row)}) values ({values})")  # noqa: S608
