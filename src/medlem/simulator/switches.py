"""Where the platform's pages leave something open, or two of them disagree: one switch each.

Every default is what the newer page says, or, where no page says anything, what seemed likeliest. A client that
works only with the defaults has guessed.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from medlem.simulator.clock import LONGEST

Seconds = Annotated[float, Meta(gt=0, le=LONGEST)]


class Checkbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One consent that the sales unit asks for, as set up in the portal."""

    id: str
    title: str
    required: bool = False


FOUR_CONSENTS = (
    Checkbox("email", "Receive offers via email"),
    Checkbox("sms", "Receive offers via SMS"),
    Checkbox("digital", "See offers in digital channels"),
    Checkbox("personal", "Receive personal offers"),
)

EVERYTHING_BUT_NIN = (
    "openid", "name", "phoneNumber", "email", "birthDate", "address", "gender", "delegatedConsents", "customFlow",
)  # fmt: skip


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them, in the order of the platform's APIs."""

    # Access token
    numbers_as_integers: bool = False
    """`expires_in` and its like as integers instead of strings."""
    access_token_lifetime: Seconds = 3600

    # QR
    personal_qr_lifetime: Seconds = 300
    customer_token_lifetime: Seconds = 900
    unknown_code_status: Literal[400, 404, 410, 422] = 400
    """Of the refusal of a code or a customer token that is unknown or too old."""
    requested_data_required: bool = False
    """Whether a customer token is exchanged only with `requestedData`."""
    qr_image_default_size: Literal[1024, 800] = 1024
    """Pixels of a PNG whose size is not asked for."""
    check_in_sales_unit_field: Literal["msn", "merchantSerialNumber"] = "msn"
    """The field that names the sales unit in a check-in."""
    check_in_digits: Annotated[int, Meta(ge=0, le=9)] = 7
    """Digits of the fraction of a second in `initiatedAt`."""

    # Login
    client_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    client_refused_in: Literal["oauth", "integers"] = "oauth"
    """How the login refuses wrong keys: as RFC 6749 says, or with the integer `error_code` of the older pages."""
    discovery_edition: Literal["2026", "2023"] = "2026"
    user_exists_field: Literal["login_hint", "loginHint"] = "login_hint"
    user_exists_per_minute: Annotated[int, Meta(ge=1)] = 60
    """Calls for one number before the 429."""
    accept_mobilenumber_hint: bool = False
    """Also take `urn:mobilenumber:` and eight digits, the form until September 2023."""
    norwegian_numbers_only: bool = False
    """Ask no other numbers, as the pages of 2023 have it."""
    plan: tuple[str, ...] = EVERYTHING_BUT_NIN
    """Scopes that this sales unit may ask for."""
    scope_outside_plan: Literal["drop", "refuse"] = "drop"
    bad_binding_message: Literal["invalid_binding_message", "invalid_request"] = "invalid_binding_message"
    ineligible_told_at: Literal["request", "poll"] = "request"
    """When a customer without a usable app is refused."""
    ineligible_told_in: Literal["error_code", "error", "error_description"] = "error_code"
    """The field that holds `invalid_user` or `old_app`."""
    pending_per_person: Annotated[int, Meta(ge=1)] = 3
    """Open requests of one person before the 429."""
    busy_retry_after: Annotated[int, Meta(ge=1)] = 30
    interval: Seconds = 5
    interval_in_answer: bool = True
    default_expiry: Annotated[int, Meta(ge=60, le=900)] = 600
    token_type: Literal["Bearer", "bearer"] = "Bearer"  # noqa: S105  a word, not a secret
    login_token_lifetime: Seconds = 300
    """How long userinfo can be read."""
    id_token_alg: Literal["RS256", "ES256"] = "RS256"  # noqa: S105  a name, not a secret
    audience_as_text: bool = False
    """The ID token's `aud` as a text instead of a list of one."""
    id_token_profile: bool = False
    """Everything shared also in the ID token, as announced in September 2025."""
    id_token_request_claim: Literal[
        "", "auth_req_id", "authReqId", "urn:openid:params:jwt:claim:auth_req_id"
    ] = ""  # fmt: skip
    """The ID token's claim that names the request; empty for none."""

    redirect_uris: tuple[str, ...] = ()
    """Pages that are registered for this sales unit in the portal, character for character."""
    redirect_request_claim: Literal["auth_req_id", "authReqId"] = "auth_req_id"
    """The claim that names the request when the customer finishes on a page."""
    redirect_error: Literal[
        "", "access_denied", "server_error", "outdated_app_version", "wrong_challenge", "unknown_reject_reason"
    ] = ""
    """The phone opens the page with this error, whatever the customer answers; empty for what was answered."""

    # Userinfo and consents
    subscription_key_at_userinfo: Literal["refuse", "accept"] = "refuse"
    phone_number_with_plus: bool = False
    email_verified: bool = True
    other_addresses_unasked: bool = False
    """An empty `other_addresses` also when no address was asked for."""
    consents: tuple[Checkbox, ...] = FOUR_CONSENTS
    consents_version: int = 1
    """Raise it, as saving a new set-up in the portal does, and everyone is asked again."""
    repeat_consents: bool = False
    """Consents come with every login instead of only with the one that asked for them."""
    time_in_flow_result: bool = False
    delegated_consents_as_published: bool = False
    """With the stray space in ` termsDescription`, and without `text`."""
    revocation_url: str = ""
    """Where the merchant hears that a customer stopped sharing; nowhere when empty."""
    revocation_authorization: str = ""
    """The `Authorization` header sent there, when there is one."""
    revocation_parts: Literal[2, 3] = 2
    """Parts of the unsigned token: two as in the published sample, or three."""

    # Webhooks
    plain_webhook_urls: bool = True
    """Take http, loopback and any port; off: https, a public host, port 443, 80 or 8080."""
    registrations_per_event: Annotated[int, Meta(ge=1)] = 25
    """How many addresses may hear of one event; of check-ins it is always one."""
    unknown_registration_status: Literal[404, 400] = 404
    webhook_answer_seconds: Seconds = 10
    """Real seconds that a receiver has."""
    ping_on_refusal: bool = True
    """A ping also when the customer declines or the request expires."""
    redate_retries: bool = True
    """A repeated delivery is dated and signed anew."""
    problem_status_as_text: bool = False
    """`status` of a problem document as a string."""

    # All of them
    novelties: bool = False
    """Fields and values that nobody has heard of, as the platform may add them any day."""
