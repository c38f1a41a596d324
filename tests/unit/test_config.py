"""Settings: what a shop may say, where, and what it is told when it is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from medlem.app.clubs import sales_unit
from medlem.club.masked import Masked
from medlem.config import Settings, WrongSettings, load, read_secret_keys
from medlem.flows.limits import Limit

SECRET = "n0t-for-anybodys-eyes"


def flaws(environ: dict[str, str], config: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(WrongSettings) as refused:
        load(config, environ)
    return refused.value.flaws


def toml(folder: Path, text: str) -> Path:
    file = folder / "medlem.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_nobody_has_to_say_anything_to_have_settings() -> None:
    assert load(None, {}) == Settings()


def test_the_limits_are_those_of_the_contract_until_somebody_says_otherwise() -> None:
    settings = load(None, {})
    assert settings.lookups_per_station == (Limit(600, timedelta(minutes=10)), Limit(60, timedelta(minutes=1)))
    assert settings.lookup_misses_per_station == (Limit(60, timedelta(hours=1)),)
    assert settings.asks_per_phone == (Limit(3, timedelta(minutes=10)), Limit(5, timedelta(days=1)))
    assert settings.ask_after_decline == timedelta(hours=24)
    assert settings.limits.asks_per_phone == settings.asks_per_phone


def test_every_limit_can_be_off() -> None:
    names = ("LOOKUPS_PER_STATION", "LOOKUP_MISSES_PER_STATION", "ASKS_PER_PHONE", "ASK_AFTER_DECLINE")
    limits = load(None, {f"MEDLEM_{name}": "off" for name in names}).limits
    assert limits.lookups_per_station == limits.lookup_misses_per_station == limits.asks_per_phone == ()
    assert limits.ask_after_decline is None


@pytest.mark.parametrize("text", ["60", "60/", "/1m", "0/1m", "60/0m", "60/1y", "60/1m,", "60 per minute", "-1/1m"])
def test_a_limit_that_cannot_be_read_is_not_taken_for_no_limit(text: str) -> None:
    assert "MEDLEM_LOOKUPS_PER_STATION must be how many in how long" in flaws({"MEDLEM_LOOKUPS_PER_STATION": text})[0]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = toml(tmp_path, 'club_name = "In the file"\nrequested_expiry = 120\n')
    settings = load(file, {"MEDLEM_CLUB_NAME": "In the environment"})
    assert (settings.club_name, settings.requested_expiry) == ("In the environment", 120)


def test_the_file_may_be_named_in_the_environment_and_the_command_line_names_a_better_one(tmp_path: Path) -> None:
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text('club_name = "One"\n', encoding="utf-8")
    other.write_text('club_name = "Other"\n', encoding="utf-8")
    named = {"MEDLEM_CONFIG": str(one)}
    assert load(None, named).club_name == "One"
    assert load(other, named).club_name == "Other"


def test_a_file_says_yes_and_no_in_its_own_words(tmp_path: Path) -> None:
    assert load(toml(tmp_path, "vipps_user_exists = false\n"), {}).vipps_user_exists is False
    assert load(toml(tmp_path, "vipps_user_exists = true\n"), {}).vipps_user_exists is True


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "client-secret"
    file.write_text(SECRET + "\n", encoding="utf-8")
    settings = load(None, {"MEDLEM_VIPPS_CLIENT_SECRET_FILE": str(file)})
    assert settings.vipps_client_secret == Masked(SECRET)


def test_a_secret_said_twice_is_not_guessed_at(tmp_path: Path) -> None:
    said = {"MEDLEM_VIPPS_CLIENT_SECRET": SECRET, "MEDLEM_VIPPS_CLIENT_SECRET_FILE": str(tmp_path / "other")}
    (flaw,) = flaws(said)
    assert "both set" in flaw


def test_a_secret_file_that_is_not_there_is_told_by_the_name_of_its_setting(tmp_path: Path) -> None:
    (flaw,) = flaws({"MEDLEM_VIPPS_CLIENT_SECRET_FILE": str(tmp_path / "nowhere")})
    assert flaw == "MEDLEM_VIPPS_CLIENT_SECRET_FILE must name a text file that can be read"


def test_an_empty_variable_is_not_set() -> None:
    assert load(None, {"MEDLEM_PUBLIC_URL": "", "MEDLEM_CONFIG": ""}).public_url is None


def test_printing_the_settings_shows_no_secret() -> None:
    said = {
        "MEDLEM_VIPPS_CLIENT_SECRET": SECRET,
        "MEDLEM_VIPPS_SUBSCRIPTION_KEY": SECRET,
        "MEDLEM_DATABASE_URL": f"sqlite:///{SECRET}",
    }
    settings = load(None, said)
    assert SECRET not in f"{settings} {settings!r}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MEDLEM_VIPS_MSN", "MEDLEM_VIPPS_MSN"),
        ("MEDLEM_PUBLICURL", "MEDLEM_PUBLIC_URL"),
        ("MEDLEM_VIPPS_CLIENT_SECRETFILE", "MEDLEM_VIPPS_CLIENT_SECRET_FILE"),
        ("MEDLEM_SECRET_KEYS_FILE", "MEDLEM_SECRET_KEYS"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_name_that_was_meant(name: str, meant: str) -> None:
    assert flaws({name: "1234"}) == (f"{name} is no setting; did you mean {meant}?",)


def test_a_variable_that_resembles_nothing_is_refused_without_a_guess() -> None:
    assert flaws({"MEDLEM_XYZZY": "1"}) == ("MEDLEM_XYZZY is no setting; docs/settings.md lists them all",)


def test_a_misspelt_name_in_the_file_is_refused_with_the_name_that_was_meant(tmp_path: Path) -> None:
    (flaw,) = flaws({}, toml(tmp_path, 'PUBLIC_URL = "https://club.example.org"\n'))
    assert flaw.endswith("medlem.toml sets PUBLIC_URL, which is no setting; did you mean public_url?")


def test_what_kubernetes_says_of_a_service_called_medlem_is_no_mistake_of_the_shops() -> None:
    links = {
        "MEDLEM_SERVICE_HOST": "10.0.0.1",
        "MEDLEM_SERVICE_PORT": "8080",
        "MEDLEM_SERVICE_PORT_HTTP": "8080",
        "MEDLEM_PORT": "tcp://10.0.0.1:8080",
        "MEDLEM_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "MEDLEM_PORT_8080_TCP_ADDR": "10.0.0.1",
    }
    assert load(None, links) == Settings()


def test_a_port_that_somebody_meant_as_a_setting_is_refused() -> None:
    assert flaws({"MEDLEM_PORT": "8080"})[0].startswith("MEDLEM_PORT is no setting")


def test_every_flaw_is_told_at_once() -> None:
    said = {"MEDLEM_REQUESTED_EXPIRY": "30", "MEDLEM_WEBHOOKS": "on", "MEDLEM_FOOBAR": "1"}
    assert len(flaws(said)) == 3


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("REQUESTED_EXPIRY", "59", "a whole number from 60 to 900"),
        ("REQUESTED_EXPIRY", "901", "a whole number from 60 to 900"),
        ("LONGEST_WAIT", "-1", "seconds, from 0 to 300"),
        ("WEBHOOKS", "yes", "one of auto, off"),
        ("VIPPS_AUTH_METHOD", "bearer", "one of basic, post, partner"),
        ("VIPPS_USER_EXISTS", "yes", "one of on, off"),
        ("DEFAULT_COUNTRY", "Norway", "one of NO, DK, SE, FI, GL"),
        ("LOGIN_HINT", "tel:", "a text with {msisdn} in it, such as urn:msisdn:{msisdn}"),
        ("VIPPS_MSN", "12", "the sales unit's number, four to six digits"),
        ("VIPPS_BASE_URL", "http://api.example.org", "an https address; http is for this machine alone"),
        ("VIPPS_BASE_URL", "api.vipps.no", "an address such as https://club.example.org"),
        ("PUBLIC_URL", "https://a:b@club.example.org", "an address such as https://club.example.org"),
        ("ASK_AFTER_DECLINE", "24", "a time such as 90s, 10m, 24h or 1d, or off"),
        ("TRUSTED_PROXIES", "proxy", "addresses or networks, such as 10.0.0.7, 192.168.0.0/24"),
    ],
)
def test_a_wrong_value_names_the_setting_and_what_is_allowed(name: str, value: str, allowed: str) -> None:
    assert flaws({f"MEDLEM_{name}": value}) == (f"MEDLEM_{name} must be {allowed}",)


def test_a_secret_in_the_wrong_line_is_not_repeated(tmp_path: Path) -> None:
    told = flaws({"MEDLEM_VIPPS_MSN": SECRET, "MEDLEM_VIPPS_BASE_URL": SECRET})
    told += flaws({}, toml(tmp_path, f"vipps_client_secret = {SECRET}\n"))
    assert SECRET not in " ".join(told)


def test_an_address_of_postgresql_names_a_database_and_is_shown_to_nobody() -> None:
    address = f"postgresql://medlem:{SECRET}@db/medlem"
    settings = load(None, {"MEDLEM_DATABASE_URL": address})
    assert settings.database_url.reveal() == address
    assert not settings.on_sqlite
    assert SECRET not in repr(settings)
    (flaw,) = flaws({"MEDLEM_DATABASE_URL": f"postgresql://medlem:{SECRET}@db"})
    assert "with the name of a database" in flaw
    assert SECRET not in flaw


def test_postgresql_needs_secret_keys_that_every_node_has_alike() -> None:
    settings = load(None, {"MEDLEM_DATABASE_URL": "postgres://db/medlem"})
    with pytest.raises(WrongSettings, match="MEDLEM_SECRET_KEYS is not set"):
        read_secret_keys(settings, lambda: "a key")


def test_a_settings_file_that_is_not_there_or_not_toml_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in flaws({"MEDLEM_CONFIG": str(tmp_path / "nowhere.toml")})[0]
    assert "is not TOML (at line 1, column" in flaws({}, toml(tmp_path, "club_name: Fjord\n"))[0]
    assert "must be a text in quotes" in flaws({}, toml(tmp_path, "club_name = [1]\n"))[0]


def test_the_platform_delivers_to_https_alone() -> None:
    (flaw,) = flaws({"MEDLEM_PUBLIC_URL": "http://club.example.org"})
    assert flaw == "MEDLEM_PUBLIC_URL must be an https address: the platform delivers to no other"
    assert load(None, {"MEDLEM_PUBLIC_URL": "https://club.example.org/"}).public_url == "https://club.example.org"


@pytest.mark.parametrize("platform", ["http://127.0.0.1:8090", "http://localhost:8090", "http://[::1]:8090"])
def test_a_platform_on_this_machine_may_deliver_in_the_clear(platform: str) -> None:
    said = {"MEDLEM_PUBLIC_URL": "http://127.0.0.1:8080", "MEDLEM_VIPPS_BASE_URL": platform}
    assert load(None, said).public_url == "http://127.0.0.1:8080"


def test_half_a_certificate_is_refused() -> None:
    assert "belong together" in flaws({"MEDLEM_TLS_CERT": "cert.pem"})[0]


def test_a_partner_says_for_whom_it_acts() -> None:
    assert "MEDLEM_VIPPS_MSN is needed" in flaws({"MEDLEM_VIPPS_AUTH_METHOD": "partner"})[0]


KEYS = {
    "MEDLEM_VIPPS_CLIENT_ID": "id",
    "MEDLEM_VIPPS_CLIENT_SECRET": SECRET,
    "MEDLEM_VIPPS_SUBSCRIPTION_KEY": SECRET,
    "MEDLEM_VIPPS_MSN": "123456",
}


def refused_to_serve(environ: dict[str, str], host: str = "127.0.0.1") -> tuple[str, ...]:
    with pytest.raises(WrongSettings) as refused:
        load(None, environ).ready_to_serve(host)
    return refused.value.flaws


def test_whoever_serves_without_keys_is_told_all_that_is_missing() -> None:
    assert refused_to_serve({}) == tuple(f"{name} is not set" for name in sorted(KEYS, key=list(KEYS).index))


def test_another_provider_needs_no_more_than_a_client_and_where_it_is() -> None:
    said = {
        "MEDLEM_VIPPS_CLIENT_ID": "shop",
        "MEDLEM_VIPPS_CLIENT_SECRET": SECRET,
        "MEDLEM_VIPPS_DISCOVERY_URL": "https://login.example.org/.well-known/openid-configuration",
    }
    settings = load(None, said)
    settings.ready_to_serve("127.0.0.1")
    assert settings.sales_unit == "shop"


@pytest.mark.parametrize("more", [{}, {"MEDLEM_PUBLIC_URL": "https://club.example.org"}])
def test_nothing_is_served_to_other_machines_in_the_clear(more: dict[str, str]) -> None:
    (flaw,) = refused_to_serve(KEYS | more, "0.0.0.0")  # noqa: S104 - the point of the test
    assert "MEDLEM_TLS_CERT" in flaw
    assert "MEDLEM_TRUSTED_PROXIES" in flaw


@pytest.mark.parametrize(
    "more",
    [{"MEDLEM_TLS_CERT": "c.pem", "MEDLEM_TLS_KEY": "k.pem"}, {"MEDLEM_TRUSTED_PROXIES": "10.0.0.7, 192.168.0.0/24"}],
)
def test_with_tls_or_behind_a_proxy_other_machines_are_served(more: dict[str, str]) -> None:
    load(None, KEYS | more).ready_to_serve("192.168.0.10")


def at(folder: Path, **more: str) -> Settings:
    return load(None, {"MEDLEM_DATABASE_URL": f"sqlite:///{folder / 'medlem.db'}"} | more)


def test_the_first_start_makes_secret_keys_beside_the_database_for_their_owner_alone(tmp_path: Path) -> None:
    made = read_secret_keys(at(tmp_path), lambda: SECRET)
    assert made.reveal().split() == [SECRET]
    assert (tmp_path / "medlem.keys").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["medlem.keys"]


def test_the_second_start_finds_the_same_keys(tmp_path: Path) -> None:
    read_secret_keys(at(tmp_path), lambda: SECRET)
    assert read_secret_keys(at(tmp_path), lambda: "another") == Masked(SECRET + "\n")


def test_a_database_that_lost_its_keys_is_not_given_others(tmp_path: Path) -> None:
    (tmp_path / "medlem.db").write_bytes(b"SQLite format 3\0")
    with pytest.raises(WrongSettings, match=r"put back the copy that was kept"):
        read_secret_keys(at(tmp_path), lambda: SECRET)
    assert not (tmp_path / "medlem.keys").exists()


def test_keys_that_everybody_may_read_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "medlem.keys"
    file.write_text(SECRET, encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(WrongSettings, match="chmod 600") as refused:
        read_secret_keys(at(tmp_path), lambda: SECRET)
    assert SECRET not in str(refused.value)


def test_keys_that_the_group_may_read_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "medlem.keys"
    file.write_text(SECRET, encoding="utf-8")
    file.chmod(0o640)
    assert read_secret_keys(at(tmp_path), lambda: "") == Masked(SECRET)
    assert "others in the group may read" in caplog.text
    assert SECRET not in caplog.text


def test_keys_that_were_named_are_never_made_for_want_of_a_mounted_disk(tmp_path: Path) -> None:
    named = at(tmp_path, MEDLEM_SECRET_KEYS=str(tmp_path / "mount" / "keys"))
    with pytest.raises(WrongSettings, match="MEDLEM_SECRET_KEYS names"):
        read_secret_keys(named, lambda: SECRET)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="No such file or directory"):
        read_secret_keys(at(tmp_path / "nowhere"), lambda: SECRET)


@pytest.mark.parametrize(
    ("consents", "scope"),
    [
        ("custom_flow", "openid name delegatedConsents"),
        ("delegated", "openid customFlow"),
        ("none", "openid customFlow delegatedConsents"),
    ],
)
def test_both_ways_of_asking_for_consents_together_are_refused(consents: str, scope: str) -> None:
    (flaw,) = flaws({"MEDLEM_CONSENTS": consents, "MEDLEM_LOGIN_SCOPE": scope})
    assert "customFlow and delegatedConsents together" in flaw


@pytest.mark.parametrize(
    ("consents", "scope"),
    [
        ("none", "openid name"),
        ("custom_flow", "openid name customFlow"),
        ("delegated", "openid name delegatedConsents"),
    ],
)
def test_the_way_of_asking_for_consents_adds_its_scope(consents: str, scope: str) -> None:
    settings = load(None, {"MEDLEM_CONSENTS": consents, "MEDLEM_LOGIN_SCOPE": "openid name"})
    assert sales_unit(settings).scope == scope


def test_the_shop_may_correct_the_names_and_hosts_of_the_app() -> None:
    settings = load(
        None, {"MEDLEM_APP_NAMES": "DK=MobilePay, FI = Mobile Pay", "MEDLEM_QR_HOSTS": "QR.example.org, b.no"}
    )
    assert settings.app_names == (("DK", "MobilePay"), ("FI", "Mobile Pay"))
    assert settings.qr_hosts == ("qr.example.org", "b.no")


@pytest.mark.parametrize("text", ["MobilePay", "DK=", "DE=MobilePay", "DK=A,", "dk=MobilePay", "DK=A=B"])
def test_names_of_the_app_that_cannot_be_read_are_refused(text: str) -> None:
    assert "MEDLEM_APP_NAMES must be names by country" in flaws({"MEDLEM_APP_NAMES": text})[0]


@pytest.mark.parametrize("text", ["https://qr.example.org", "localhost", "a b.no", "qr.example.org,"])
def test_hosts_that_are_none_are_refused(text: str) -> None:
    assert "MEDLEM_QR_HOSTS must be names of hosts" in flaws({"MEDLEM_QR_HOSTS": text})[0]


HTTP = {
    "MEDLEM_REGISTER": "http",
    "MEDLEM_REGISTER_URL": "https://members.example.org/medlem",
    "MEDLEM_REGISTER_TOKEN": SECRET,
}
SQL = {
    "MEDLEM_REGISTER": "sql",
    "MEDLEM_REGISTER_DATABASE_URL": "sqlite:////srv/shop/members.db",
    "MEDLEM_REGISTER_QUERY": "select 1 as phone, 2 as member_number where :msisdn = 1;",
}


def test_a_merchants_own_register_is_named_by_settings() -> None:
    settings = load(None, HTTP | {"MEDLEM_REGISTER_FIELDS": "member = hits.0, phone=hits.0.mobile"})
    assert settings.register_fields == (("member", "hits.0"), ("phone", "hits.0.mobile"))
    assert SECRET not in repr(settings)
    table = load(None, SQL)
    assert table.register_file == Path("/srv/shop/members.db")
    assert table.register_query == "select 1 as phone, 2 as member_number where :msisdn = 1"
    assert load(None, {}).register_file is None


def test_a_signing_secret_is_a_text_or_what_standard_webhooks_makes() -> None:
    for text, secret in ((SECRET, SECRET.encode()), ("whsec_c2VjcmV0", b"secret")):
        assert load(None, HTTP | {"MEDLEM_REGISTER_SIGNING_SECRET": text}).register_signing_secret == Masked(secret)
    assert "whsec_ and base64" in flaws({"MEDLEM_REGISTER_SIGNING_SECRET": "whsec_***"})[0]


@pytest.mark.parametrize("name", ["MEDLEM_REGISTER_URL", "MEDLEM_REGISTER_TOKEN"])
def test_a_register_over_http_needs_an_address_and_a_token(name: str) -> None:
    assert flaws({key: value for key, value in HTTP.items() if key != name}) == (
        f"{name} is needed with MEDLEM_REGISTER=http",
    )


@pytest.mark.parametrize(
    ("more", "flaw"),
    [
        ({"MEDLEM_REGISTER_URL": "http://members.example.org"}, "MEDLEM_REGISTER_URL must be an https address"),
        ({"MEDLEM_REGISTER_FIELDS": "phone"}, "MEDLEM_REGISTER_FIELDS must be name=theirs"),
        ({"MEDLEM_REGISTER_FIELDS": "phone=a, phone=b"}, "MEDLEM_REGISTER_FIELDS must be name=theirs"),
        ({"MEDLEM_REGISTER_FIELDS": "surname=a"}, "MEDLEM_REGISTER_FIELDS must be name=theirs"),
        ({"MEDLEM_REGISTER_TIMEOUT": "0"}, "MEDLEM_REGISTER_TIMEOUT must be more than 0"),
        ({"MEDLEM_REGISTER_CACHE_AGE": "73h"}, "MEDLEM_REGISTER_CACHE_AGE must be 72h or less"),
        ({"MEDLEM_REGISTER_QUERY": "delete from customer where a = :phone"}, "MEDLEM_REGISTER_QUERY must be a query"),
        ({"MEDLEM_REGISTER_QUERY": "select a from customer"}, "MEDLEM_REGISTER_QUERY must be a query that asks"),
    ],
)
def test_what_cannot_be_a_register_is_refused(more: dict[str, str], flaw: str) -> None:
    assert flaws(HTTP | SQL | more)[0].startswith(flaw)
