"""What a shop decides: one frozen object, whose printed form shows no secret.

A setting is declared once, here: its name, how its text is read, and the text that stands when nobody says anything.
`docs/settings.md` tells a shop what each of them means.
"""
# ruff: noqa: RUF009 - each of these calls makes a dataclass field

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, TypeVar, cast

from medlem.club.extras import Extra
from medlem.club.masked import Masked
from medlem.club.phone import COUNTRIES
from medlem.config import kinds
from medlem.config.extras import read_extras
from medlem.flows.keeping import Keeping
from medlem.flows.limits import Limit, Limits

T = TypeVar("T")

PREFIX: Final = "MEDLEM_"


class WrongSettings(Exception):
    """The settings cannot be used; each flaw is a sentence that names the setting and what is allowed."""

    def __init__(self, *flaws: str) -> None:
        super().__init__("; ".join(flaws))
        self.flaws = flaws


def _setting(read: Callable[[str], T], default: str | None = None, *, secret: bool = False, club: bool = False) -> T:
    """Declare a setting.

    Args:
        read: how its text is read.
        default: the text that stands when nobody says anything.
        secret: whether nobody may see it.
        club: whether each club has its own; the installation's is then the first club's.
    """
    meant = None if default is None else read(default)
    metadata = {"read": read, "default": default, "secret": secret, "club": club}
    return cast("T", field(default=meant, metadata=metadata))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a shop decides. Printing it shows no secret."""

    database_url: Masked[str] = _setting(kinds.database, "sqlite:///medlem.db", secret=True)
    public_url: str | None = _setting(kinds.url)
    secret_keys: Path | None = _setting(kinds.path)
    tls_cert: Path | None = _setting(kinds.path)
    tls_key: Path | None = _setting(kinds.path)
    trusted_proxies: tuple[str, ...] | None = _setting(kinds.networks)
    club_name: str = _setting(kinds.text, "Customer club", club=True)
    default_country: str = _setting(kinds.choice(*COUNTRIES), "NO", club=True)
    signup_url: str | None = _setting(kinds.url, club=True)
    controller: str | None = _setting(kinds.text, club=True)
    controller_org_number: str | None = _setting(kinds.text, club=True)
    controller_contact: str | None = _setting(kinds.text, club=True)
    controller_dpo: str | None = _setting(kinds.text, club=True)
    app_names: tuple[tuple[str, str], ...] | None = _setting(kinds.app_names)
    qr_hosts: tuple[str, ...] | None = _setting(kinds.hosts)
    vipps_base_url: str = _setting(kinds.safe_url, "https://api.vipps.no", club=True)
    vipps_discovery_url: str | None = _setting(kinds.safe_url, club=True)
    vipps_client_id: str | None = _setting(kinds.text, club=True)
    vipps_client_secret: Masked[str] | None = _setting(kinds.secret, secret=True, club=True)
    vipps_subscription_key: Masked[str] | None = _setting(kinds.secret, secret=True, club=True)
    vipps_msn: str | None = _setting(kinds.msn, club=True)
    vipps_auth_method: Literal["basic", "post", "partner"] = _setting(
        kinds.choice("basic", "post", "partner"), "basic", club=True
    )
    vipps_user_exists: bool = _setting(kinds.switch, "on", club=True)
    webhooks: Literal["auto", "off"] = _setting(kinds.choice("auto", "off"), "auto", club=True)
    withdrawal_authorization: Masked[str] | None = _setting(kinds.secret, secret=True, club=True)
    webhook_secret_age: timedelta | None = _setting(kinds.duration, "90d", club=True)
    ciba_ping: Literal["auto", "off"] = _setting(kinds.choice("auto", "off"), "auto", club=True)
    login_scope: str = _setting(kinds.text, "openid name phoneNumber", club=True)
    consents: Literal["none", "custom_flow", "delegated"] = _setting(
        kinds.choice("none", "custom_flow", "delegated"), "none", club=True
    )
    login_hint: str = _setting(kinds.hint, "urn:msisdn:{msisdn}", club=True)
    login_finish: Literal["app", "page"] = _setting(kinds.choice("app", "page"), "app", club=True)
    extras: tuple[Extra, ...] | None = _setting(read_extras, club=True)
    requested_expiry: int = _setting(kinds.number(60, 900), "180", club=True)
    scan_timeout: int = _setting(kinds.number(2, 30), "10")
    ask_timeout: int = _setting(kinds.number(5, 18), "14")
    call_timeout: int = _setting(kinds.number(2, 25), "8")
    endpoint_ports: tuple[int, ...] = _setting(kinds.ports, "443, 8443")
    endpoint_loopback: bool = _setting(kinds.switch, "off")
    longest_wait: float = _setting(kinds.seconds(300), "30")
    lookups_per_station: tuple[Limit, ...] = _setting(kinds.limits, "600/10m, 60/1m")
    lookup_misses_per_station: tuple[Limit, ...] = _setting(kinds.limits, "60/1h")
    asks_per_phone: tuple[Limit, ...] = _setting(kinds.limits, "3/10m, 5/1d")
    ask_after_decline: timedelta | None = _setting(kinds.duration, "24h")
    confirm_number_after: timedelta | None = _setting(kinds.duration, "365d")
    merge_by_two: bool = _setting(kinds.switch, "off")
    register: Literal["own", "http", "sql"] = _setting(kinds.choice("own", "http", "sql"), "own", club=True)
    register_url: str | None = _setting(kinds.safe_url, club=True)
    register_token: Masked[str] | None = _setting(kinds.secret, secret=True, club=True)
    register_signing_secret: Masked[bytes] | None = _setting(kinds.signing_secret, secret=True, club=True)
    register_timeout: float = _setting(kinds.seconds(8), "1.5", club=True)
    register_cache_age: timedelta | None = _setting(kinds.duration, "24h", club=True)
    register_cache_size: int = _setting(kinds.number(1, 1_000_000), "10000", club=True)
    register_fields: tuple[tuple[str, str], ...] | None = _setting(kinds.fields, club=True)
    register_database_url: Masked[str] | None = _setting(kinds.database, secret=True, club=True)
    register_query: str | None = _setting(kinds.query, club=True)
    member_inactive_after: timedelta | None = _setting(kinds.duration, "730d")
    inactive_notice: timedelta | None = _setting(kinds.duration, "30d")
    attempts_kept: timedelta | None = _setting(kinds.duration, "30d")
    consent_proof_kept: timedelta | None = _setting(kinds.duration, "1095d")

    @property
    def database_file(self) -> Path:
        """Where SQLite keeps everything."""
        return Path(self.database_url.reveal().removeprefix(kinds.SQLITE))  # a file's name, to open it

    @property
    def on_sqlite(self) -> bool:
        """Whether everything is in a file of this machine."""
        return self.database_url.reveal().startswith(kinds.SQLITE)  # its scheme, which is no secret

    @property
    def secret_keys_file(self) -> Path:
        """Where the secret keys are: beside the database, unless the settings say otherwise."""
        return self.secret_keys or self.database_file.with_suffix(".keys")

    @property
    def register_file(self) -> Path | None:
        """The merchant's own SQLite file, if the register is a table in one."""
        url = self.register_database_url
        named = url.reveal().startswith(kinds.SQLITE) if url else False  # its scheme, which is no secret
        return Path(url.reveal().removeprefix(kinds.SQLITE)) if url and named else None  # a file's name, to open it

    @property
    def sales_unit(self) -> str | None:
        """What the club is known by: its serial number; with another provider than Vipps MobilePay, the client id."""
        return self.vipps_msn or self.vipps_client_id

    @property
    def limits(self) -> Limits:
        """How often one station may look, and one phone be asked."""
        return Limits(
            lookups_per_station=self.lookups_per_station,
            lookup_misses_per_station=self.lookup_misses_per_station,
            asks_per_phone=self.asks_per_phone,
            ask_after_decline=self.ask_after_decline,
            confirm_number_after=self.confirm_number_after,
            merge_by_two=self.merge_by_two,
        )

    @property
    def keeping(self) -> Keeping:
        """How long members are kept, what proves their consents, and attempts that made nobody one."""
        return Keeping(
            inactive_after=self.member_inactive_after,
            notice=self.inactive_notice or timedelta(),
            attempts=self.attempts_kept,
            proof=self.consent_proof_kept,
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """What the platform must have told us and is not set."""
        needed = ["vipps_client_id", "vipps_client_secret"]
        if self.vipps_discovery_url is None:
            needed += ["vipps_subscription_key", "vipps_msn"]  # another provider has neither
        return tuple(name for name in needed if getattr(self, name) is None)

    def ready_to_serve(self, host: str) -> None:
        """Refuse to serve without keys, or in the clear to other machines.

        Raises:
            WrongSettings: with every name that is missing.
        """
        flaws = [f"{PREFIX}{name.upper()} is not set" for name in self.missing]
        if not kinds.is_loopback(host) and self.tls_cert is None and self.trusted_proxies is None:
            flaws.append(
                f"--host {host} is open to other machines, and keys and numbers would go there in the clear: "
                f"set {PREFIX}TLS_CERT and {PREFIX}TLS_KEY, or {PREFIX}TRUSTED_PROXIES if a proxy does TLS"
            )
        if flaws:
            raise WrongSettings(*flaws)


NAMES: Final = tuple(setting.name for setting in fields(Settings))
CLUB_NAMES: Final = tuple(setting.name for setting in fields(Settings) if setting.metadata["club"])
"""Those that each club has of its own."""
