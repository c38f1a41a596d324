"""A sales unit: whose keys we use, how we show them, and where its platform is.

A standard CIBA provider is a sales unit too, one with little more than a client id, a secret and a discovery
document: everything that only Vipps MobilePay has may be left out.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from medlem import __version__
from medlem.club.masked import Masked

LONGEST_SYSTEM_WORD: Final = 30
"""The platform refuses longer Vipps-System-* values."""


class AuthMethod(StrEnum):
    """How the login endpoints know us (Login API: client authentication)."""

    BASIC = "basic"
    POST = "post"
    PARTNER = "partner"
    """A partner's access token, with the serial number of the merchant that it acts for."""


class Asking(StrEnum):
    """How the app puts the club's own questions, as the sales unit is set up in the portal (Login API: consents)."""

    NONE = "none"
    CUSTOM_FLOW = "custom_flow"
    DELEGATED = "delegated"
    """The older way, with four questions that the platform names."""


_SCOPE_OF: Final = {Asking.CUSTOM_FLOW: "customFlow", Asking.DELEGATED: "delegatedConsents"}
CONSENT_SCOPES: Final = frozenset(_SCOPE_OF.values())
"""Never both in one login: what the platform makes of that is written nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesUnit:
    """The settings of one club's connection to the platform."""

    client_id: str
    client_secret: Masked[str]
    subscription_key: Masked[str] | None = None
    msn: str | None = None
    """Merchant serial number; a partner cannot do without."""
    auth_method: AuthMethod = AuthMethod.BASIC
    base_url: str = "https://api.vipps.no"
    """Where the APIs are that discovery does not name: access token, QR, webhooks, user-exists."""
    discovery_url: str = "https://api.vipps.no/access-management-1.0/access/.well-known/openid-configuration"
    login_scope: str = "openid name phoneNumber"
    consents: Asking = Asking.NONE
    login_hint: str = "urn:msisdn:{msisdn}"
    requested_expiry: int = 180
    """Seconds that the customer has to answer, 60 to 900."""
    redirect_uri: str | None = None
    """The page on which customers finish, as it is registered with the platform; None: they finish in the app."""
    user_exists: bool = True
    notifications: bool = False
    """Whether a standard provider that offers to call back may: it is given a token with each question."""
    system_name: str = "medlem"
    system_version: str = __version__
    plugin_name: str = "medlem"
    plugin_version: str = __version__

    def __post_init__(self) -> None:
        """Refuse to ask the club's questions in both ways at once.

        Raises:
            ValueError: two scopes for them.
        """
        if set(self.scope.split()) >= CONSENT_SCOPES:
            raise ValueError("customFlow and delegatedConsents are never asked for together: keep one of them")

    @property
    def scope(self) -> str:
        """What is asked for: `openid`, always (CIBA Core 1.0 section 7.1), the login's, and that of the consents."""
        words = ["openid", *self.login_scope.split(), *filter(None, [_SCOPE_OF.get(self.consents)])]
        return " ".join(dict.fromkeys(words))

    def url(self, path: str) -> str:
        """An address below the base URL."""
        return self.base_url.rstrip("/") + path

    def system_headers(self) -> dict[str, str]:
        """Who is calling, and for which sales unit: goes with every call but userinfo."""
        words = {
            "Vipps-System-Name": self.system_name,
            "Vipps-System-Version": self.system_version,
            "Vipps-System-Plugin-Name": self.plugin_name,
            "Vipps-System-Plugin-Version": self.plugin_version,
        }
        headers = {name: word[:LONGEST_SYSTEM_WORD] for name, word in words.items() if word}
        return headers | {"Merchant-Serial-Number": self.msn} if self.msn else headers

    def key_headers(self) -> dict[str, str]:
        """The subscription key, for the APIs that want one; the login endpoints refuse it."""
        if self.subscription_key is None:
            return {}
        return {"Ocp-Apim-Subscription-Key": self.subscription_key.reveal()}
