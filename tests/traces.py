"""Looks for every trace of a person: all rows of all tables, what is sealed opened."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import asyncpg

from medlem.vault import SealBroken, Vault

Rows = list[tuple[str, dict[str, Any]]]


async def everything(url: str) -> Rows:
    """Every row with its table's name, on either database."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.row_factory = sqlite3.Row
            names = connection.execute("select name from pragma_table_list where schema = 'main' and type = 'table'")
            return [
                (name, dict(row))
                for (name,) in names.fetchall()
                for row in connection.execute(f"select * from {name}").fetchall()  # noqa: S608 - names of the schema
            ]
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch("select tablename from pg_tables where schemaname = current_schema()")
        return [
            (name, dict(row))
            for (name,) in names
            for row in await connection.fetch(f"select * from {name}")  # noqa: S608 - names of the schema
        ]
    finally:
        await connection.close()


def traces(rows: Rows, vault: Vault, marks: Iterable[str]) -> set[tuple[str, str, str]]:
    """In which table and column which of the marks stands, whatever its case."""
    found = set()
    for table, row in rows:
        for column, value in row.items():
            said = _text(value, vault).casefold()
            found |= {(table, column, mark) for mark in marks if mark.casefold() in said}
    return found


def _text(value: object, vault: Vault) -> str:
    if isinstance(value, bytes):
        try:
            return vault.open(value).decode(errors="replace")
        except SealBroken:
            return value.decode(errors="replace")
    return str(value)
