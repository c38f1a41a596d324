"""`medlem serve` and the commands beside it, as an operator types them."""

import http.client
import signal
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from command_line import KEYS, PATIENCE, Command, call, medlem, running
from medlem.vault import Vault


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return KEYS | {"MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}"}


@pytest.fixture
def service(settings: dict[str, str]) -> Iterator[Command]:
    """A service whose platform does not answer."""
    public = {"MEDLEM_PUBLIC_URL": "http://127.0.0.1:9"}
    with running("serve", "--port", "0", "--json", settings=settings | public) as command:
        yield command


def test_a_service_is_ready_though_its_platform_is_away(service: Command) -> None:
    shown = service.answer()
    assert list(shown) == ["url", "pid"]
    assert shown["pid"] == service.process.pid
    assert call("GET", f"{shown['url']}/health/ready")[0] == 200
    service.said("what the platform delivers to cannot be seen")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_its_streams_cleanly_and_leaves_with_code_0(
    service: Command, settings: dict[str, str], number: signal.Signals
) -> None:
    url = service.answer()["url"]
    made = medlem("station", "add", "Till 1", "--json", settings=settings)
    key = made.stdout.split('"key": "')[1].partition('"')[0]
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)
    connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {key}"})
    stream = connection.getresponse()
    while not stream.readline().startswith(b"data:"):
        pass
    code, out, err = service.stop(number)
    stream.read()  # to its proper end: a stream that is cut raises IncompleteRead
    connection.close()
    assert (code, out) == (0, "")
    assert "Traceback" not in err


def test_a_till_added_while_the_service_runs_can_identify_at_once(service: Command, settings: dict[str, str]) -> None:
    url = service.answer()["url"]
    made = medlem("station", "add", "Till 1", "--json", settings=settings)
    assert made.returncode == 0
    assert made.stdout.count("\n") == 1
    key = made.stdout.split('"key": "')[1].partition('"')[0]
    status, found = call("POST", f"{url}/v1/identifications", {"phone": "400 00 011"}, key)
    assert (status, found["membership"]) == (201, "not_member")


def test_keys_of_every_kind_open_what_they_are_for(service: Command, settings: dict[str, str]) -> None:
    url = service.answer()["url"]

    def key(*words: str) -> str:
        made = medlem("key", "add", *words, "--json", settings=settings)
        assert made.returncode == 0, made.stderr
        return made.stdout.split('"key": "')[1].partition('"')[0]

    assert call("GET", f"{url}/v1/members", key=key("integration"))[0] == 200
    status, page = call("GET", f"{url}/v1/stations", key=key("admin"))
    assert (status, page["stations"]) == (200, [])
    till = medlem("station", "add", "Till 1", "--json", settings=settings).stdout.split('"id": "')[1].partition('"')[0]
    body = {"phone": "400 00 011"}
    assert call("POST", f"{url}/v1/identifications", body, key("station", "--station", till))[0] == 201


@pytest.mark.parametrize("words", [("station",), ("admin", "--station", "sta_1")])
def test_a_till_is_named_for_its_own_keys_and_for_no_others(settings: dict[str, str], words: tuple[str, ...]) -> None:
    refused = medlem("key", "add", *words, settings=settings)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--station" in refused.stderr


def test_a_till_or_a_store_that_nobody_has_is_told(settings: dict[str, str]) -> None:
    for words in (
        ("key", "add", "station", "--station", "sta_unknown"),
        ("station", "add", "Till 1", "--store", "sto_unknown"),
    ):
        refused = medlem(*words, settings=settings)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "The club has no such st" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_without_json_a_key_is_shown_with_what_to_do_with_it(settings: dict[str, str]) -> None:
    made = medlem("station", "add", "Till 1", settings=settings)
    assert made.returncode == 0
    assert "mdl_st_" in made.stdout
    assert "not shown again" in made.stdout
    assert "mdl_st_" not in made.stderr


def test_without_keys_of_the_platform_it_says_which_to_set(tmp_path: Path) -> None:
    refused = medlem("serve", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    for name in ("CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_KEY", "MSN"):
        assert f"Error: MEDLEM_VIPPS_{name} is not set\n" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_used_are_told_without_a_traceback_and_without_their_values(
    settings: dict[str, str],
) -> None:
    wrong = {"MEDLEM_PUBLICURL": "https://club.example.org", "MEDLEM_VIPPS_MSN": "not-for-anybody"}
    refused = medlem("serve", settings=settings | wrong)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "MEDLEM_PUBLICURL is no setting; did you mean MEDLEM_PUBLIC_URL?" in refused.stderr
    assert "not-for-anybody" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_serves_no_other_machine_in_the_clear(settings: dict[str, str]) -> None:
    refused = medlem("serve", "--host", "0.0.0.0", "--port", "0", settings=settings)  # noqa: S104 - the point of the test
    assert refused.returncode == 2
    assert "MEDLEM_TLS_CERT" in refused.stderr


def certificate(folder: Path) -> dict[str, str]:
    """A certificate for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = {"MEDLEM_TLS_CERT": folder / "cert.pem", "MEDLEM_TLS_KEY": folder / "key.pem"}
    files["MEDLEM_TLS_CERT"].write_bytes(signed.public_bytes(Encoding.PEM))
    files["MEDLEM_TLS_KEY"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {name: str(file) for name, file in files.items()}


def test_with_a_certificate_it_speaks_tls(settings: dict[str, str], tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    with running("serve", "--port", "0", "--json", settings=settings | tls) as command:
        url = urlsplit(command.answer()["url"])
        assert url.scheme == "https"
        trust = ssl.create_default_context(cafile=tls["MEDLEM_TLS_CERT"])
        connection = http.client.HTTPSConnection(str(url.hostname), url.port, timeout=PATIENCE, context=trust)
        connection.request("GET", "/health/live")
        assert connection.getresponse().status == 200
        connection.close()


def test_a_certificate_that_is_not_there_is_told(settings: dict[str, str], tmp_path: Path) -> None:
    tls = certificate(tmp_path) | {"MEDLEM_TLS_KEY": str(tmp_path / "nowhere.pem")}
    refused = medlem("serve", "--port", "0", settings=settings | tls)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "MEDLEM_TLS_CERT and MEDLEM_TLS_KEY cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_second_service_on_the_same_database_is_told_so(service: Command, settings: dict[str, str]) -> None:
    service.answer()
    second = medlem("serve", "--port", "0", settings=settings)
    assert (second.returncode, second.stdout) == (1, "")
    assert "Another process serves from this database" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_told(settings: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = medlem("serve", "--port", str(port), settings=settings)
    assert refused.returncode == 1
    assert f"Port {port} is taken. Choose another with --port" in refused.stderr


def test_a_new_database_is_migrated_once_and_by_itself(settings: dict[str, str]) -> None:
    first = medlem("migrate", "--json", settings=settings)
    assert first.stdout.startswith('{"applied": ["0001_')
    assert medlem("migrate", "--json", settings=settings).stdout == '{"applied": []}\n'


def test_a_database_of_a_newer_version_is_left_alone(settings: dict[str, str], tmp_path: Path) -> None:
    medlem("migrate", settings=settings)
    with sqlite3.connect(tmp_path / "medlem.db") as database:
        database.execute("insert into migration (name, checksum, beside) values ('9999_from_the_future', '', 0)")
    database.close()
    for words in (("serve", "--port", "0"), ("migrate",), ("station", "add", "Till 1")):
        refused = medlem(*words, settings=settings)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "newer version" in refused.stderr


def test_a_database_without_its_secret_keys_is_not_opened_with_others(settings: dict[str, str], tmp_path: Path) -> None:
    medlem("migrate", settings=settings)
    (tmp_path / "medlem.keys").unlink()
    refused = medlem("serve", "--port", "0", settings=settings)
    assert refused.returncode == 2
    assert "put back the copy that was kept" in refused.stderr


def test_a_database_is_not_opened_under_the_keys_of_another(settings: dict[str, str], tmp_path: Path) -> None:
    assert medlem("station", "add", "Till 1", settings=settings).returncode == 0
    (tmp_path / "medlem.keys").write_text(f"{Vault.new_line()}\n", encoding="utf-8")
    refused = medlem("station", "add", "Till 2", settings=settings)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "written under other secret keys" in refused.stderr


def test_secret_keys_that_are_no_keys_are_told_without_their_text(settings: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "medlem.keys"
    file.write_text("not-for-anybody\n", encoding="utf-8")
    file.chmod(0o600)
    refused = medlem("migrate", settings=settings)
    assert refused.returncode == 2
    assert "Line 1 of SECRET_KEYS" in refused.stderr
    assert "not-for-anybody" not in refused.stderr


def test_a_worker_of_its_own_is_not_for_sqlite(settings: dict[str, str]) -> None:
    refused = medlem("worker", settings=settings)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Start `medlem serve`" in refused.stderr


def test_settings_may_stand_in_a_file(settings: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "medlem.toml"
    lines = [f'{name.removeprefix("MEDLEM_").lower()} = "{value}"\n' for name, value in settings.items()]
    file.write_text("".join(lines), encoding="utf-8")
    assert medlem("migrate", "--json", "--config", str(file)).returncode == 0


def test_the_simulator_says_where_it_is_and_stops_when_told() -> None:
    with running("simulator", "--port", "0", "--json") as command:
        shown = command.answer()
        assert list(shown) == ["url", "pid"]
        status, keys = call("GET", f"{shown['url']}/sim/credentials")
        assert (status, set(keys)) == (200, {"client_id", "client_secret", "subscription_key", "msn"})
        assert command.stop()[:2] == (0, "")


def test_a_command_that_nobody_knows_is_a_wrong_command() -> None:
    assert medlem("enrol").returncode == 2
    assert medlem("--version").stdout.startswith("medlem ")
