"""The club's small rules: what is masked, named, drawn and called."""

import pickle
import re
from datetime import UTC, datetime, timedelta

import pytest

from medlem.club import ids
from medlem.club.brand import RENAMED_AT, app_name
from medlem.club.codes import ALPHABET, confirmation_code
from medlem.club.masked import BULLETS, Masked
from medlem.club.member import Address, Disclosure, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.place import KeyKind
from medlem.club.scanned import PersonalQr, read
from medlem.club.secrets import kind_of, new_pairing_code, new_secret, read_pairing_code

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_a_masked_value_shows_bullets_however_it_is_printed() -> None:
    secret = Masked("hunter2")
    for shown in (repr(secret), str(secret), f"{secret}", "%s" % secret, str([secret]), f"{secret!r}"):  # noqa: UP031 - every way there is
        assert "hunter2" not in shown
        assert BULLETS in shown
    assert secret.reveal() == "hunter2"
    assert secret == Masked("hunter2")
    assert secret != "hunter2"


def test_a_masked_value_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not for pickling"):
        pickle.dumps(Masked("hunter2"))


def test_what_a_member_shared_does_not_print() -> None:
    profile = Profile(name="Kari Nordmann", email="kari@example.com", address=Address(street_address="Storgata 1"))
    told = Disclosure(sub="c06c4afe", phone=PhoneNumber("4740000011"), profile=profile, raw_consents=b"Kari")
    for word in ("Kari", "example.com", "Storgata", "c06c4afe", "40000011"):
        assert word not in repr(told)


@pytest.mark.parametrize(
    ("profile", "short"),
    [
        (Profile(given_name="Kari", family_name="Nordmann"), "Kari N."),
        (Profile(given_name="Anne Lise", family_name="ås"), "Anne Lise å."),
        (Profile(given_name="Kari"), "Kari"),
        (Profile(name="Kari Marie Nordmann"), "Kari Marie N."),
        (Profile(name="Kari"), "Kari"),
        (Profile(name="  "), None),
        (Profile(given_name="Kari", family_name=" "), "Kari"),
        (Profile(), None),
    ],
)
def test_a_station_sees_a_given_name_and_an_initial(profile: Profile, short: str | None) -> None:
    assert profile.short_name == short


def test_ids_are_prefixed_safe_in_a_url_and_sorted_by_time() -> None:
    made = [ids.member_id(NOW + timedelta(milliseconds=n)) for n in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == 100
    assert all(re.fullmatch(r"mem_[0-9a-hjkmnp-tv-z]{26}", one) for one in made)


def test_a_confirmation_code_is_what_the_platform_allows_and_nobody_misreads() -> None:
    for _ in range(200):
        code = confirmation_code()
        assert re.fullmatch(r"[A-Z0-9\-]{5,8}", code)
        assert re.fullmatch(f"[{ALPHABET}]{{3}}-[{ALPHABET}]{{3}}", code)


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_tells_its_kind_and_a_mistyped_one_is_none(kind: KeyKind) -> None:
    secret = new_secret(kind)
    assert kind_of(secret) is kind
    text = secret.reveal()
    swapped = "B" if text[20] == "A" else "A"
    for wrong in (text[:-1], text + "A", text[:20] + swapped + text[21:], text.lower(), "mdl_xx_" + text[7:], "", "ø"):
        assert kind_of(Masked(wrong)) is None


def test_a_pairing_code_is_read_as_people_type_it() -> None:
    code = new_pairing_code()
    text = code.reveal()
    assert len(text) == 8
    assert read_pairing_code(f" {text[:4].lower()}-{text[4:]} ") == code


def test_the_app_is_called_as_its_owner_knows_it_until_the_day_of_the_new_name() -> None:
    before, after = RENAMED_AT - timedelta(seconds=1), RENAMED_AT
    norwegian, danish, finnish = PhoneNumber("4740000011"), PhoneNumber("4520000011"), PhoneNumber("358400000011")
    assert [app_name(phone, before) for phone in (norwegian, danish, finnish)] == ["Vipps", "MobilePay", "MobilePay"]
    assert {app_name(phone, after) for phone in (norwegian, danish, finnish, None)} == {"Vipps"}


@pytest.mark.parametrize("noise", ["", "\r", "\r\n", "\t", "\n"])
@pytest.mark.parametrize("prefix", ["", "]Q0", "]Q1", "]Q3", "\ufeff"])
def test_what_scanners_add_is_taken_away_and_nothing_else(prefix: str, noise: str) -> None:
    code = "https://qr.vipps.no/28/2/01/031/4740000011?v=1"
    read_code = read(f"{prefix}{code}{noise}", NOW)
    assert read_code.reveal() == code
    assert isinstance(read_code, PersonalQr)
    assert "4740000011" not in repr(read_code)


def test_a_code_of_another_shape_on_the_platforms_host_is_exchanged_all_the_same() -> None:
    assert read("https://qr.vipps.no/new/shape/2027?x=~!", NOW).reveal().endswith("x=~!")
    assert read("HTTPS://QR.VIPPS.NO/p/AbC", NOW).reveal() == "HTTPS://QR.VIPPS.NO/p/AbC"
