"""Writes customers to a database, one transaction each, and says so after each; for a test that kills it."""

import asyncio
import sys
from itertools import count

from medlem.flows.views import IdentificationView
from medlem.storage import open_sqlite
from premises import NOW, new_premises
from storages import ALWAYS, NEVER, VAULT


async def main(url: str, disk: str) -> None:
    storage = await open_sqlite(url, VAULT, serving=True, slow_commit=ALWAYS if disk == "slow" else NEVER)
    await storage.migrate(NOW)
    here = await new_premises(storage)
    for number in count(1):
        found = here.identification()
        async with storage.transaction() as tx:
            await tx.identifications.add(found)
            await tx.events.add(here.club.id, here.till.id, IdentificationView.of(found, None), NOW)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


asyncio.run(main(*sys.argv[1:]))
