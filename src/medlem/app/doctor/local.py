"""What is on this machine: settings, secret keys, files."""

import os
import shutil
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from medlem.app.doctor.findings import Finding, Found, look, well, wrong
from medlem.app.keys import open_vault
from medlem.config import Settings, WrongSettings, files_with_secrets

LITTLE_SPACE: Final = 1024**3
NO_SPACE: Final = 64 * 1024**2
SOON: Final = 21
"""Days before a certificate's end in which somebody should renew it."""

NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "lustre"}
)
"""Kinds of file system on which SQLite's locks and its write-ahead log cannot be relied on (sqlite.org/wal.html)."""


def settings(of: Settings) -> Found:
    """Whether `serve` would start with them."""
    try:
        of.ready_to_serve("127.0.0.1")
    except WrongSettings as flawed:
        return [wrong("settings", f"{flaw}.", "Set it: docs/settings.md says how.") for flaw in flawed.flaws]
    return [well("settings", "Can be read, and everything that is needed is there."), *_clumsy(of)]


def _clumsy(of: Settings) -> Iterator[Finding]:
    """A secret that was pasted with quotes or spaces around it is refused by everybody, and nobody sees why."""
    pasted = {
        "VIPPS_CLIENT_ID": of.vipps_client_id,
        "VIPPS_CLIENT_SECRET": of.vipps_client_secret and of.vipps_client_secret.reveal(),
        "VIPPS_SUBSCRIPTION_KEY": of.vipps_subscription_key and of.vipps_subscription_key.reveal(),
    }  # here they leave their wrappers, to have their first and last letter looked at
    for name, value in pasted.items():
        if value and (value != value.strip() or value[0] in "\"'<" or any(letter.isspace() for letter in value)):
            yield wrong("settings", f"MEDLEM_{name} has quotes or spaces in it.", "Set it anew, without them.")


def secrets(of: Settings, config: Path | None) -> Found:
    """The files that hold secrets: are they there, and whose eyes are they for?"""
    found: Found = []
    for file in files_with_secrets(config):
        found += _private("secret-files", file)
    try:
        open_vault(of, may_make=False)
    except WrongSettings as flawed:
        advice = "Without them what is sealed in the database stays closed; docs/settings.md, under The secret keys."
        if of.on_sqlite and not of.database_file.exists():
            return [*found, look("secret-keys", "There are none yet.", "The first `medlem serve` makes them.")]
        return [*found, *(wrong("secret-keys", f"{flaw}.", advice) for flaw in flawed.flaws)]
    return [
        *found,
        well("secret-keys", "Are there and can be used. Keep a copy apart from the backups."),
        *_private("secret-keys", of.secret_keys_file),
    ]


def _private(check: str, file: Path) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return  # that it is missing is said where it is read
    if mode & 0o007:
        yield wrong(check, f"{file} can be read by everybody on this machine.", f"chmod 600 {file}")
    elif mode & 0o070:
        yield look(check, f"{file} can be read by its group.", f"chmod 600 {file}, unless the group is meant.")


def disk(of: Settings, mounts: str | None = None) -> Found:
    """Where SQLite's file lies.

    Args:
        of: where that is.
        mounts: what `/proc/mounts` says.
    """
    file = of.database_file.absolute()
    folder = file.parent
    if not folder.is_dir():
        return [wrong("disk", f"The folder {folder} is not there.", "Make it, or set MEDLEM_DATABASE_URL right.")]
    found: Found = []
    if not os.access(folder, os.W_OK):
        advice = f"Let the service's account own it: chown -R medlem {folder}"
        found.append(wrong("disk", f"The folder {folder} cannot be written by this account.", advice))
    found += space(folder, shutil.disk_usage(folder).free)
    kind = kind_of_disk(folder, _mounted() if mounts is None else mounts)
    if kind in NETWORK:
        advice = "Put the database on a disk of this machine, or use PostgreSQL (`medlem move`)."
        found.append(wrong("disk", f"{folder} is a network drive ({kind}); SQLite loses data there.", advice))
    if file.exists():
        found += _private("disk", file)
    return found


def space(folder: Path, free: int) -> Found:
    """How much room is left: bytes."""
    amount = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free < NO_SPACE:
        return [wrong("disk", f"{amount}: soon nothing can be written.", "Make room on that disk, now.")]
    if free < LITTLE_SPACE:
        return [look("disk", f"{amount}.", "Make room on that disk: a full one stops identifications.")]
    return [well("disk", f"{amount}.")]


def kind_of_disk(folder: Path, mounts: str) -> str | None:
    """The kind of file system that a folder is on: that of the longest mount point above it."""
    best: tuple[int, str | None] = (-1, None)
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) > 2:  # noqa: PLR2004 - device, mount point, kind (proc(5))
            point = Path(parts[1].replace("\\040", " "))
            if folder == point or point in folder.parents:
                best = max(best, (len(point.parts), parts[2]))
    return best[1]


def _mounted() -> str:
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # not Linux: nobody knows


def tls(of: Settings, now: datetime) -> Found:
    """Our own certificate, where we do TLS ourselves."""
    if of.tls_cert is None or of.tls_key is None:
        return []
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(of.tls_cert, of.tls_key)
        certificate = x509.load_pem_x509_certificates(of.tls_cert.read_bytes())[0]
    except (OSError, ValueError, IndexError):
        advice = "They must be PEM files that belong together, readable by the service's account."
        return [wrong("tls", "MEDLEM_TLS_CERT and MEDLEM_TLS_KEY cannot be used.", advice)]
    found = certificate_finding("tls", certificate.not_valid_after_utc, now)
    return [found, *_private("tls", of.tls_key)]


def certificate_finding(check: str, ends_at: datetime, now: datetime) -> Finding:
    """How long a certificate has yet to run."""
    days = (ends_at.astimezone(UTC) - now).days
    if days < 0:
        return wrong(check, f"The certificate ended {-days} days ago.", "Renew it now: nobody connects any more.")
    if days < SOON:
        return look(
            check, f"The certificate ends in {days} days.", "Renew it, and see why that was not done by itself."
        )
    return well(check, f"The certificate is good for {days} days.")
