"""Settings of further clubs: from where they are read, how they are kept, and what they never take from others."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from medlem.app.clubs import DISCOVERY, sales_unit
from medlem.club.masked import Masked
from medlem.config import CLUB_NAMES, SECRETS, ClubTexts, Settings, WrongSettings, load, read_club

INSTALLATION = load(
    None,
    {
        "MEDLEM_VIPPS_CLIENT_ID": "first",
        "MEDLEM_VIPPS_CLIENT_SECRET": "first-secret",
        "MEDLEM_VIPPS_SUBSCRIPTION_KEY": "first-key",
        "MEDLEM_VIPPS_MSN": "100100",
        "MEDLEM_VIPPS_BASE_URL": "https://apitest.vipps.no",
        "MEDLEM_LOGIN_SCOPE": "openid name phoneNumber address",
        "MEDLEM_SIGNUP_URL": "https://first.example.org/join",
        "MEDLEM_PUBLIC_URL": "https://club.example.org",
    },
)
OTHER = {
    "MEDLEM_FURTHER_VIPPS_CLIENT_ID": "other",
    "MEDLEM_FURTHER_VIPPS_CLIENT_SECRET": "other-secret",
    "MEDLEM_FURTHER_VIPPS_SUBSCRIPTION_KEY": "other-key",
    "MEDLEM_FURTHER_VIPPS_MSN": "200200",
}


def read(environ: Mapping[str, str], *pairs: str, file: Path | None = None, toml: str | None = None) -> ClubTexts:
    return read_club(file, toml, pairs, environ)


def test_a_further_club_takes_nothing_from_the_first_but_what_belongs_to_the_installation() -> None:
    own = read(OTHER).settings(INSTALLATION)
    assert own.public_url == INSTALLATION.public_url
    assert (own.vipps_msn, own.signup_url, own.login_scope) == ("200200", None, "openid name phoneNumber")
    unit = sales_unit(own)
    assert unit.client_secret == Masked("other-secret")
    assert unit.subscription_key == Masked("other-key")


def test_every_setting_of_a_club_outlives_being_kept(tmp_path: Path) -> None:
    said = {
        "vipps_client_id": "other",
        "vipps_client_secret": "other-secret",
        "vipps_subscription_key": "other-key",
        "vipps_msn": "200200",
        "club_name": "Bakgården",
        "default_country": "DK",
        "signup_url": "https://other.example.org",
        "vipps_base_url": "https://api.example.org",
        "vipps_discovery_url": "https://op.example.org/discovery",
        "vipps_auth_method": "partner",
        "vipps_user_exists": "off",
        "webhooks": "off",
        "login_scope": "openid email",
        "login_hint": "tel:{msisdn}",
        "requested_expiry": "90",
        "consents": "custom_flow",
        "login_finish": "page",
    }
    file = tmp_path / "other.toml"
    file.write_text("".join(f'{name} = "{text}"\n' for name, text in said.items()), encoding="utf-8")
    texts = read({}, file=file)
    kept = ClubTexts.unpack(texts.pack()).settings(INSTALLATION)
    assert kept == texts.settings(INSTALLATION)
    defaults = {setting.name: setting.default for setting in fields(Settings)}
    for name in said:
        assert getattr(kept, name) != defaults[name], name


class Watched:
    """Settings that remember which of them were read."""

    def __init__(self) -> None:
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(INSTALLATION, name)


def test_whatever_a_sales_unit_is_made_of_is_a_setting_of_each_club() -> None:
    watched = Watched()
    sales_unit(watched)  # type: ignore[arg-type] # looks like settings to whoever reads it
    assert watched.read
    assert watched.read <= {*CLUB_NAMES, "public_url"}  # where we are reached is the same for all


def test_another_club_is_where_the_first_is_unless_it_says_where() -> None:
    texts = read(OTHER)
    texts.where_the_first_is(INSTALLATION)
    assert sales_unit(texts.settings(INSTALLATION)).base_url == "https://apitest.vipps.no"
    elsewhere = read(OTHER, "vipps_base_url=https://api.vipps.no")
    elsewhere.where_the_first_is(INSTALLATION)
    assert sales_unit(elsewhere.settings(INSTALLATION)).discovery_url == f"https://api.vipps.no{DISCOVERY}"


def test_what_is_typed_wins_over_the_environment_and_that_over_standard_input_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('club_name = "file"\nvipps_msn = "300300"\nlogin_scope = "openid"\n', encoding="utf-8")
    texts = read(OTHER, "requested_expiry = 90", "CLUB_NAME=typed", file=file, toml='login_scope = "openid email"')
    own = texts.settings(INSTALLATION)
    assert (own.club_name, own.vipps_msn, own.login_scope, own.requested_expiry) == (
        "typed",
        "200200",
        "openid email",
        90,
    )


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from the file\n", encoding="utf-8")
    environ = {name: text for name, text in OTHER.items() if "SECRET" not in name}
    texts = read(environ | {"MEDLEM_FURTHER_VIPPS_CLIENT_SECRET_FILE": str(secret)})
    assert texts.settings(INSTALLATION).vipps_client_secret == Masked("from the file")


def flaws(environ: Mapping[str, str], *pairs: str, toml: str | None = None) -> Iterator[str]:
    with pytest.raises(WrongSettings) as refused:
        read(environ, *pairs, toml=toml).settings(INSTALLATION)
    yield from refused.value.flaws


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_is_never_typed_into_the_command(name: str) -> None:
    (flaw,) = flaws(OTHER, f"{name}=not-for-anybody")
    assert flaw.startswith(f"{name} is secret")
    assert "not-for-anybody" not in flaw


def test_what_is_wrong_is_told_by_name_and_without_its_value() -> None:
    told = list(
        flaws(
            OTHER | {"MEDLEM_FURTHER_DATABASE_URL": "not-for-anybody", "MEDLEM_FURTHER_VIPPS_MSM": "1"},
            "lognin_scope=not-for-anybody",
            "not-for-anybody",
            toml='tls_key = "not-for-anybody"\nsignup_url = ["not-for-anybody"]',
        )
    )
    assert len(told) == 6
    assert not any("not-for-anybody" in each for each in told)
    assert any("did you mean login_scope?" in each for each in told)
    assert any("did you mean MEDLEM_FURTHER_VIPPS_MSN?" in each for each in told)
    assert any("tls_key, which is no setting of a further club" in each for each in told)


def test_what_is_missing_is_told_when_the_club_is_put_together() -> None:
    environ = {name: text for name, text in OTHER.items() if name.endswith("_ID")}
    assert set(flaws(environ)) == {
        f"{name} of the club is not set" for name in ("vipps_client_secret", "vipps_subscription_key", "vipps_msn")
    }
    assert list(flaws(environ, "vipps_msn=abc")) == [
        "--set vipps_msn must be the sales unit's number, four to six digits"
    ]


def test_words_for_another_club_are_nothing_to_the_installation() -> None:
    assert load(None, OTHER) == load(None, {})


def test_a_setting_of_a_later_version_does_not_lose_the_others() -> None:
    kept = Masked(read(OTHER).pack().reveal().replace(b"{", b'{"login_horoscope": "yes", ', 1))
    assert ClubTexts.unpack(kept).settings(INSTALLATION) == read(OTHER).settings(INSTALLATION)


def test_texts_of_a_club_print_no_secret() -> None:
    assert "other-secret" not in f"{read(OTHER)!r} {read(OTHER).pack()!r} {read(OTHER).settings(INSTALLATION)!r}"
