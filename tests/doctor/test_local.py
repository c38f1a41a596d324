"""Settings, secret keys and files of this machine."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from doctor.ward import marks, only
from medlem.app.doctor import age, local
from medlem.club import brand
from medlem.config import Settings, load
from medlem.vault import Vault

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEYS = {
    "MEDLEM_VIPPS_CLIENT_ID": "client",
    "MEDLEM_VIPPS_CLIENT_SECRET": "s3cret",
    "MEDLEM_VIPPS_SUBSCRIPTION_KEY": "k3y",
    "MEDLEM_VIPPS_MSN": "100001",
}


def settings(folder: Path, **more: str) -> Settings:
    return load(None, KEYS | {"MEDLEM_DATABASE_URL": f"sqlite:///{folder / 'medlem.db'}"} | more)


def certificate(folder: Path, days: float) -> tuple[Path, Path]:
    """A certificate for localhost that ends in so many days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o600)
    return cert, private


def test_settings_that_are_whole_are_well(tmp_path: Path) -> None:
    assert marks(local.settings(settings(tmp_path))) == [("settings", "well")]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    said = {name: value for name, value in KEYS.items() if name != "MEDLEM_VIPPS_MSN"}
    found = local.settings(load(None, said | {"MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'm.db'}"}))
    assert only(found).text == "MEDLEM_VIPPS_MSN is not set."


@pytest.mark.parametrize("pasted", ['"s3cret"', "s3cret ", "<s3cret>", "s3 cret", "'s3cret'"])
def test_a_secret_that_was_pasted_with_what_stood_around_it_is_told_and_not_shown(tmp_path: Path, pasted: str) -> None:
    found = local.settings(settings(tmp_path, MEDLEM_VIPPS_CLIENT_SECRET=pasted))
    assert marks(found) == [("settings", "well"), ("settings", "wrong")]
    assert "MEDLEM_VIPPS_CLIENT_SECRET has quotes or spaces" in found[1].text
    assert "cret" not in " ".join(f"{one.text} {one.advice}" for one in found).replace("CLIENT_SECRET", "")


def kept(folder: Path, mode: int = 0o600) -> Settings:
    """An installation that has begun."""
    file = folder / "medlem.keys"
    file.write_text(Vault.new_line() + "\n", encoding="utf-8")
    file.chmod(mode)
    (folder / "medlem.db").write_bytes(b"something")
    (folder / "medlem.db").chmod(0o600)
    return settings(folder)


def test_secret_keys_for_their_owner_alone_are_well(tmp_path: Path) -> None:
    assert marks(local.secrets(kept(tmp_path), None)) == [("secret-keys", "well")]


def test_secret_keys_that_a_group_may_read_are_worth_a_look(tmp_path: Path) -> None:
    assert marks(local.secrets(kept(tmp_path, 0o640), None)) == [("secret-keys", "well"), ("secret-keys", "look")]


def test_secret_keys_that_everybody_may_read_are_wrong(tmp_path: Path) -> None:
    assert marks(local.secrets(kept(tmp_path, 0o644), None)) == [("secret-keys", "wrong")]


def test_a_database_whose_keys_are_gone_is_wrong_and_a_fresh_start_is_not(tmp_path: Path) -> None:
    begun = kept(tmp_path)
    (tmp_path / "medlem.keys").unlink()
    assert marks(local.secrets(begun, None)) == [("secret-keys", "wrong")]
    (tmp_path / "medlem.db").unlink()
    assert marks(local.secrets(begun, None)) == [("secret-keys", "look")]
    assert not (tmp_path / "medlem.keys").exists(), "the doctor makes nothing"


def test_keys_that_are_none_are_wrong(tmp_path: Path) -> None:
    begun = kept(tmp_path)
    (tmp_path / "medlem.keys").write_text("nonsense\n", encoding="utf-8")
    assert marks(local.secrets(begun, None)) == [("secret-keys", "wrong")]


def test_a_file_with_a_secret_that_everybody_may_read_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "medlem.toml"
    file.write_text('club_name = "Club"\n', encoding="utf-8")
    file.chmod(0o644)
    begun = kept(tmp_path)
    assert marks(local.secrets(begun, file)) == [("secret-keys", "well")], "there is no secret in it"
    file.write_text('vipps_client_secret = "s3cret"\n', encoding="utf-8")
    assert marks(local.secrets(begun, file))[0] == ("secret-files", "wrong")
    file.chmod(0o600)
    assert marks(local.secrets(begun, file)) == [("secret-keys", "well")]


MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/shops /srv/shops nfs4 rw 0 0
/dev/sdb1 /srv/shops/local\\040disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/medlem", "ext4"),
        ("/srv/shops", "nfs4"),
        ("/srv/shops/oslo", "nfs4"),
        ("/srv/shops2", "ext4"),
        ("/srv/shops/local disk/x", "xfs"),
    ],
)
def test_the_kind_of_disk_is_that_of_the_nearest_mount_point(folder: str, kind: str) -> None:
    assert local.kind_of_disk(Path(folder), MOUNTS) == kind
    assert local.kind_of_disk(Path(folder), "") is None


def test_a_database_on_a_network_drive_is_wrong(tmp_path: Path) -> None:
    begun = kept(tmp_path)
    assert marks(local.disk(begun, f"x {tmp_path} ext4 rw 0 0")) == [("disk", "well")]
    assert ("disk", "wrong") in marks(local.disk(begun, f"x {tmp_path} cifs rw 0 0"))


def test_a_folder_that_is_not_there_is_wrong(tmp_path: Path) -> None:
    assert marks(local.disk(settings(tmp_path / "nowhere"))) == [("disk", "wrong")]


def test_a_database_for_everybody_to_read_is_wrong(tmp_path: Path) -> None:
    begun = kept(tmp_path)
    (tmp_path / "medlem.db").chmod(0o644)
    assert ("disk", "wrong") in marks(local.disk(begun, ""))


@pytest.mark.parametrize(
    ("free", "mark"), [(2 * 1024**3, "well"), (512 * 1024**2, "look"), (1024**2, "wrong"), (0, "wrong")]
)
def test_how_much_room_is_left(tmp_path: Path, free: int, mark: str) -> None:
    assert only(local.space(tmp_path, free)).mark == mark


@pytest.mark.parametrize(("days", "mark"), [(90, "well"), (22, "well"), (20, "look"), (0.5, "look"), (-3, "wrong")])
def test_how_long_our_certificate_has_to_run(tmp_path: Path, days: float, mark: str) -> None:
    cert, key = certificate(tmp_path, days)
    begun = settings(tmp_path, MEDLEM_TLS_CERT=str(cert), MEDLEM_TLS_KEY=str(key))
    assert marks(local.tls(begun, NOW)) == [("tls", mark)]


def test_a_certificate_and_a_key_that_do_not_belong_together_are_wrong(tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path, 90)
    (tmp_path / "other").mkdir()
    _, key = certificate(tmp_path / "other", 90)
    for wrong in (key, tmp_path / "none.pem"):
        begun = settings(tmp_path, MEDLEM_TLS_CERT=str(cert), MEDLEM_TLS_KEY=str(wrong))
        assert marks(local.tls(begun, NOW)) == [("tls", "wrong")]
    assert local.tls(settings(tmp_path), NOW) == [], "no certificate, no finding"


@pytest.mark.parametrize(
    ("now", "mark", "words"),
    [
        (datetime(2026, 12, 1, tzinfo=UTC), "well", ["2026-11-23", "renamed on 2027-01-12"]),
        (brand.RENAMED_AT, "well", ["2026-11-23"]),
        (datetime(2027, 9, 1, tzinfo=UTC), "look", ["282 days ago"]),
    ],
)
def test_the_age_of_what_is_known_with_a_date(now: datetime, mark: str, words: Iterable[str]) -> None:
    found = only([age.names(now)])
    assert found.mark == mark
    assert all(word in found.text for word in words), found.text
