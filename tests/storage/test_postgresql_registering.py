"""Nodes that settle a club's registrations at once: one is left over, whose secret all of them know."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from fakes import HandClock
from fakes_registrar import ObedientRegistrar
from medlem.flows.registering import GRACE, TURN, Order, Outcome, Wanted, settle
from medlem.storage import open_storage
from medlem.vipps.webhooks import ALONE, CHECK_IN, PING
from postgres import TEMPLATE, cluster
from shop import Shop
from storages import VAULT

NODES = 4


async def test_nodes_that_register_at_once_leave_no_registration_over(shop: Shop) -> None:
    url = cluster().new_database(TEMPLATE)
    clock = HandClock()
    platform = ObedientRegistrar(clock, alone=ALONE)
    async with AsyncExitStack() as opened:
        nodes = []
        for _ in range(NODES):
            storage = await open_storage(url, VAULT, serving=True)
            opened.push_async_callback(storage.close)
            nodes.append(replace(shop.ports, storage=storage, clock=clock))
        async with nodes[0].storage.transaction() as tx:
            await tx.places.add_club(shop.club, clock.now())
        wanted = tuple(Wanted(event, f"https://club.example.org/{event}", event in ALONE) for event in (PING, CHECK_IN))
        order = Order(club=shop.club.id, wanted=wanted, since=clock.now())
        for anew in (frozenset[str](), frozenset([PING]), frozenset([PING, CHECK_IN])):
            outcomes = await asyncio.gather(*(settle(node, platform, replace(order, anew=anew)) for node in nodes))
            assert Outcome.RIGHT in outcomes
            assert Outcome.NOT_YET not in outcomes
            for event in (PING, CHECK_IN):
                stands = platform.of(shop.club.id, event)
                assert [await node.storage.reading.webhooks.registration(shop.club.id, event) for node in nodes] == [
                    stands[0]
                ] * NODES
                assert len(stands) == 1
            await clock.turn(max(TURN, GRACE).total_seconds())
    cluster().drop(url)
