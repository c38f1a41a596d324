"""The people of the demo: pretend customers, each with a story that a cashier meets.

Only numbers from 47 400 00 001 to 47 400 00 199 are used.
"""

from msgspec import structs

from medlem.simulator.people import Address, People, Traits

HOME = Address(street_address="Storgata 1", postal_code="0155", region="Oslo")

EVERYBODY = (
    Traits(
        msisdn="4740000001",
        name="Kari Nordmann",
        email="kari@example.com",
        address=HOME,
        story="Has a new app and answers by hand.",
    ),
    Traits(
        msisdn="4740000002",
        name="Ola Hansen",
        email="ola@example.com",
        app="old",
        story="Has not updated the app for years.",
    ),
    Traits(
        msisdn="4740000003",
        name="Ingrid Berg",
        email="ingrid@example.com",
        push=False,
        story="Has push messages switched off: she must open the app and pull to refresh.",
    ),
    Traits(msisdn="4740000005", name="Nora Lie", age=14, story="Is fourteen, which is too young."),
    Traits(msisdn="4740000006", name="Per Dahl", app="none", story="Has a phone but no app."),
    Traits(
        msisdn="4740000007",
        name="Sofie Moen",
        email="sofie@example.com",
        answers="approve",
        after=2,
        story="Says yes by herself after two seconds.",
    ),
    Traits(
        msisdn="4740000008",
        name="Lars Vik",
        answers="decline",
        after=2,
        story="Says no by himself after two seconds.",
    ),
)

MOVED = Traits(
    msisdn="4740000104",
    name="Astrid Holm",
    email="astrid@example.com",
    address=HOME,
    story="Has just changed her number from 400 00 104 to this one, and is still the same person.",
)
NEW_NUMBER = "4740000004"


def seed_demo_people(people: People) -> None:
    """Add everybody of the demo; on a directory where they are already, nothing is touched."""
    for traits in EVERYBODY:
        if people.at(traits.msisdn) is None:
            people.place(traits)
    if people.at(NEW_NUMBER) is None and people.at(MOVED.msisdn) is None:
        astrid, _ = people.place(MOVED)
        people.change(astrid, structs.replace(MOVED, msisdn=NEW_NUMBER))
