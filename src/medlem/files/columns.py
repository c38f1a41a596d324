"""The columns that a file may have: ours, and what other systems call them. docs/importing.md lists them.

Other names are compared without case, spaces and punctuation: `E-post`, `epost` and `E_POST` are one.
"""

import re
import unicodedata
from typing import Final

EXPORTED: Final = (
    "id", "member_number", "sub", "phone", "phone_verified_by", "phone_verified_at", "shared_number", "name",
    "given_name", "family_name", "email", "email_verified", "birthdate", "gender", "street_address", "postal_code",
    "region", "address_country", "address_type", "address_formatted", "other_addresses", "joined_at", "left_at",
    "station", "last_seen_at", "restricted_at", "shared_at", "sharing_withdrawn_at", "past", "extras", "consents",
)  # fmt: skip
"""What an export has, in this order."""

IDENTITY: Final = ("phone", "id", "sub", "member_number")
"""One of these says whom a line means."""

ADDRESS: Final = {
    "street_address": "street_address",
    "postal_code": "postal_code",
    "region": "region",
    "address_country": "country",
    "address_type": "address_type",
    "address_formatted": "formatted",
}
"""Parts of the address, and what `club.member.Address` calls them."""

COUNTRY: Final = "country"
"""In which country the line's number is read, if it is without its code."""

EXTRA: Final = "extra."
CONSENT: Final = "consent."
CONSENT_PARTS: Final = ("text", "at", "method", "language", "reference")

REJECTED: Final = ("rejected_line", "rejected_column", "rejected_why", "rejected_detail")
"""What a file of rejects says of each line; left alone when it is read again."""

PLAIN: Final = (*EXPORTED, COUNTRY)

CALLED: Final = {
    "member_number": (
        "Medlemsnummer", "Medlemsnr", "Medlemsnr.", "Medlemskort", "Kundenummer", "Kundenr", "Kundnummer", "Kundnr",
        "Jäsennumero", "Asiakasnumero", "Member no", "Membership number", "Customer number", "Customer no",
    ),
    "phone": (
        "Mobil", "Mobilnummer", "Mobilnr", "Mobiltelefon", "Telefon", "Telefonnummer", "Telefonnr", "Tlf", "Tlf.nr.",
        "Tel", "Puhelin", "Puhelinnumero", "Matkapuhelin", "Matkapuhelinnumero", "Phone number", "Mobile",
        "Mobile phone", "Mobile number", "Cell phone", "Telephone", "MSISDN",
    ),
    "name": ("Navn", "Fullt navn", "Fulde navn", "Namn", "Nimi", "Koko nimi", "Full name", "Customer name"),
    "given_name": ("Fornavn", "Förnamn", "Etunimi", "First name", "Forename"),
    "family_name": ("Etternavn", "Efternavn", "Efternamn", "Sukunimi", "Last name", "Surname"),
    "email": (
        "E-post", "E-postadresse", "E-postadress", "E-mail", "Mail", "Mailadresse", "E-mailadresse", "Sähköposti",
        "Sähköpostiosoite", "Email address",
    ),
    "birthdate": (
        "Fødselsdato", "Fødselsdag", "Født", "Födelsedatum", "Födelsedag", "Född", "Syntymäaika", "Syntymäpäivä",
        "Birth date", "Birthday", "Date of birth", "DOB",
    ),
    "gender": ("Kjønn", "Køn", "Kön", "Sukupuoli", "Sex"),
    "street_address": (
        "Adresse", "Gateadresse", "Postadresse", "Adress", "Gatuadress", "Osoite", "Katuosoite", "Address", "Street",
    ),
    "postal_code": ("Postnr", "Postnr.", "Postnummer", "Postinumero", "Postcode", "Zip", "Zip code"),
    "region": ("Poststed", "By", "Sted", "Ort", "Postort", "Stad", "Kaupunki", "Postitoimipaikka", "City", "Town"),
    "country": ("Land", "Maa", "Country code", "Landkode", "Landekode", "Landskod", "Maakoodi"),
    "joined_at": (
        "Innmeldt", "Innmeldingsdato", "Innmeldt dato", "Medlem siden", "Indmeldt", "Indmeldelsesdato", "Inmeldt",
        "Medlem sedan", "Liittynyt", "Liittymispäivä", "Joined", "Join date", "Member since",
    ),
    "left_at": ("Utmeldt", "Utmeldingsdato", "Udmeldt", "Udmeldelsesdato", "Utträdd", "Eronnut", "Left"),
}  # fmt: skip
"""What other systems call a column. A name that could mean two of ours is in no list."""

_PUNCTUATION: Final = re.compile(r"[\s_\-./:()#*]+")


def squashed(name: str) -> str:
    """A name as it is compared."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", name).casefold())


_MEANT: Final = {squashed(word): column for column, words in CALLED.items() for word in words} | {
    squashed(column): column for column in (*PLAIN, *REJECTED)
}

EXTRA_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def column_of(header: str) -> str | None:
    """Our name for a column; None for one that we do not know."""
    lowered = header.strip().casefold()
    if lowered.startswith(EXTRA):
        return lowered if EXTRA_NAME.fullmatch(lowered.removeprefix(EXTRA)) else None
    if lowered.startswith(CONSENT):
        return CONSENT + header.strip()[len(CONSENT) :]  # a question's name may have capitals
    return _MEANT.get(squashed(header))


def question_of(column: str) -> tuple[str, str]:
    """Of a column `consent.…`: the question, and which part of the answer; empty: the answer itself."""
    name = column.removeprefix(CONSENT)
    element, dot, part = name.rpartition(".")
    return (element, part) if dot and part in CONSENT_PARTS else (name, "")


def spoken_of(column: str) -> str | None:
    """What a column speaks of, as `club.line.Line` names it; None for one that only helps to read another."""
    if column in ADDRESS:
        return "address"
    if column.startswith(EXTRA):
        return "extras"
    if column.startswith(CONSENT):
        return "consents"
    return None if column in {COUNTRY, *REJECTED} else column
