"""Merchant-initiated login: the question goes to the phone, and we come back for the answer (CIBA Core 1.0, poll).

Asking is the one thing that is never done twice: there is no idempotency key, and a second request is a second
push. Collecting may be repeated for ever, but the tokens come only once; so whatever is *not* clearly an end,
and not clearly the tokens, is taken as no answer at all, and the login stays alive.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from medlem.club.enrolment import DEFAULT_INTERVAL, Finish, Reason
from medlem.club.masked import Masked
from medlem.flows.answers import (
    Answer,
    Answered,
    Ask,
    Asked,
    Declined,
    Expired,
    Failed,
    Lost,
    NotAsked,
    Pending,
    Question,
    Redeemed,
    Unreachable,
    Worthless,
)
from medlem.vipps.client_auth import ClientAuth, Presented
from medlem.vipps.discovery import Discovery, Endpoints
from medlem.vipps.errors import FORBIDDEN, LATER, OK, SERVER_ERROR, TOO_MANY, UNAUTHORIZED, alarm
from medlem.vipps.http import Request, Wire
from medlem.vipps.receipt import Receipt
from medlem.vipps.reply import Reply, whole_number
from medlem.vipps.sales_unit import SalesUnit
from medlem.vipps.troubles import KeysRefused, NoReply, Surprise, Unavailable

_log = logging.getLogger(__name__)

ASK: Final = "backchannel"
COLLECT: Final = "token"
GRANT: Final = "urn:openid:params:grant-type:ciba"
REDIRECT_GRANT: Final = "urn:vipps:params:grant-type:ciba-redirect"
TO_PAGE: Final = "login_to_webpage"
FETCHES: Final = 6.0
"""Seconds of an ask that may go into what must be fetched before it."""

TOKEN_HINT: Final = "urn:customer-token:"  # noqa: S105 - the beginning of a hint, not a token
BAD_REQUEST: Final = 400

LONGEST_REQUEST: Final = 4096
LONGEST_LIFE: Final = 24 * 3600
SHORTEST_INTERVAL: Final = timedelta(seconds=1)
LONGEST_INTERVAL: Final = timedelta(minutes=5)

SLOWLY: Final = frozenset({"temporarily_unavailable", "server_error"})
"""OAuth's words for a server in trouble, which some send as a 400."""


NAMED: Final[dict[str | None, Answer]] = {
    "authorization_pending": Pending(),
    "slow_down": Pending(slow_down=True),
    "access_denied": Declined(),
    "expired_token": Expired(),
    # The answer was handed out before, or this request was never ours: nobody will ever know.
    "invalid_grant": Failed(Reason.OUTCOME_UNKNOWN),
}
"""The answers that the standard names (CIBA Core 1.0 section 11)."""


class Login:
    """One sales unit's logins."""

    def __init__(self, unit: SalesUnit, wire: Wire, discovery: Discovery, auth: ClientAuth) -> None:
        self._unit = unit
        self._wire = wire
        self._discovery = discovery
        self._auth = auth

    async def ask(self, question: Question) -> Ask:
        """Ask once (CIBA Core 1.0 section 7.1)."""
        if question.finish is Finish.ON_PAGE and self._unit.redirect_uri is None:
            _log.error("a customer was to finish on the page, and this sales unit has none any more")
            return NotAsked(Reason.PLATFORM_UNAVAILABLE)
        loop = asyncio.get_running_loop()
        end = loop.time() + self._wire.time_outs.ask
        try:
            async with asyncio.timeout(min(FETCHES, self._wire.time_outs.ask)):
                endpoints, presented = await self._prepare()
        except (Unavailable, KeysRefused, TimeoutError):
            return NotAsked(Reason.PLATFORM_UNAVAILABLE)
        except Surprise as surprise:
            return NotAsked(Reason.PLATFORM_SURPRISED_US, surprise.digest)
        request = Request(
            operation=ASK,
            method="POST",
            url=endpoints.ask,
            headers=presented.headers,
            form=presented.form | self._form(question, endpoints),
            within=max(end - loop.time(), 0.01),
            fresh=True,
        )
        try:
            reply = await self._wire.call(request)
            if question.customer_token is not None and _refused_the_hint(reply):
                # A complete refusal of the request: nobody was asked anything. The number does as well.
                by_number = presented.form | self._form(replace(question, customer_token=None), endpoints)
                within = max(end - loop.time(), 0.01)
                reply = await self._wire.call(replace(request, form=by_number, within=within))
        except NoReply:
            return NotAsked(Reason.OUTCOME_UNKNOWN)
        except Unavailable:
            return NotAsked(Reason.PLATFORM_UNAVAILABLE)
        return self._asked(reply, presented)

    async def collect(self, request: Masked[str]) -> Answer:
        """Look once (CIBA Core 1.0 section 10.1)."""
        try:
            endpoints, presented = await self._prepare()
            reply = await self._wire.call(
                Request(
                    operation=COLLECT,
                    method="POST",
                    url=endpoints.token,
                    headers=presented.headers,
                    # Here the request's name leaves its wrapper: into the body of a call to the platform.
                    form=presented.form | {"grant_type": GRANT, "auth_req_id": request.reveal()},
                    within=self._wire.time_outs.call,
                )
            )
        except Unavailable as trouble:
            return Unreachable(trouble.retry_after)
        except (KeysRefused, Surprise):
            return Unreachable()
        return self._collected(reply, presented)

    async def redeem(self, code: Masked[str]) -> Redeemed:
        """Exchange the code that the customer's phone brought, once (Login API: merchant-initiated, redirect)."""
        try:
            endpoints, presented = await self._prepare()
        except (Unavailable, KeysRefused, Surprise):
            return Unreachable()
        try:
            reply = await self._wire.call(
                Request(
                    operation=COLLECT,
                    method="POST",
                    url=endpoints.token,
                    headers=presented.headers,
                    # Here the code leaves its wrapper: into the body of a call to the platform.
                    form=presented.form | {"grant_type": REDIRECT_GRANT, "code": code.reveal()},
                    within=self._wire.time_outs.call,
                    fresh=True,
                )
            )
        except NoReply:
            return Lost()
        except Unavailable as trouble:
            return Unreachable(trouble.retry_after)
        return self._redeemed(reply, presented)

    def _redeemed(self, reply: Reply, presented: Presented) -> Redeemed:
        if reply.status in OK:
            taken = _tokens(reply, redeemed=True)
            return taken if isinstance(taken, Answered) else Lost()
        if reply.status in SERVER_ERROR or reply.status in LATER:
            return Unreachable(reply.retry_after)
        error = reply.complaint.error
        if self._keys_refused(reply, error, COLLECT, presented) or error in SLOWLY:
            return Unreachable(reply.retry_after)
        if error is None:
            return Lost()
        if error != "invalid_grant":
            _log.error("a code was refused for another reason than its own: digest=%s", reply.digest)
        return Worthless()

    async def _prepare(self) -> tuple[Endpoints, Presented]:
        return await self._discovery.endpoints(), await self._auth.present()

    def _form(self, question: Question, endpoints: Endpoints) -> dict[str, str]:
        # Here a token or a number leaves its wrapper: into the body of a call to the platform.
        token, number = question.customer_token, question.phone.msisdn
        hint = self._unit.login_hint.replace("{msisdn}", number) if token is None else TOKEN_HINT + token.reveal()
        page = self._unit.redirect_uri if question.finish is Finish.ON_PAGE else None
        then = {} if page is None else {"requested_flow": TO_PAGE, "redirect_uri": page}
        form = then | {
            "scope": self._unit.scope,
            "login_hint": hint,
            "binding_message": question.code,
            "requested_expiry": str(self._unit.requested_expiry),
        }
        if question.notification is not None and endpoints.pings:
            # Here the token leaves its wrapper: into the body of a call to the provider.
            form["client_notification_token"] = question.notification.reveal()
        return form

    def _asked(self, reply: Reply, presented: Presented) -> Ask:
        said = reply.complaint
        if reply.status in OK:
            return _acknowledged(reply)
        if reply.status in SERVER_ERROR:
            return NotAsked(Reason.PLATFORM_UNAVAILABLE)
        if reply.status == TOO_MANY:
            return NotAsked(Reason.CUSTOMER_BUSY)
        if said.vendor_reason is not None:
            return NotAsked(said.vendor_reason)
        if self._keys_refused(reply, said.error, ASK, presented):
            return NotAsked(Reason.PLATFORM_UNAVAILABLE)
        return NotAsked(Reason.PLATFORM_SURPRISED_US, reply.digest)

    def _collected(self, reply: Reply, presented: Presented) -> Answer:
        if reply.status in OK:
            return _tokens(reply)
        said = reply.complaint
        if reply.status in SERVER_ERROR or (reply.status in LATER and said.error != "slow_down"):
            return Unreachable(reply.retry_after)
        if said.vendor_reason is not None:
            return Failed(said.vendor_reason)
        # A partner who may not act for this sales unit meets a 403, whatever it says: no customer has said no.
        for_keys = presented.token is not None and reply.status in {UNAUTHORIZED, FORBIDDEN}
        if said.error in NAMED and not for_keys:
            named = NAMED[said.error]
            return replace(named, retry_after=reply.retry_after) if isinstance(named, Pending) else named
        if self._keys_refused(reply, said.error, COLLECT, presented) or said.error is None or said.error in SLOWLY:
            return Unreachable(reply.retry_after)
        return Failed(Reason.PLATFORM_SURPRISED_US, reply.digest)

    def _keys_refused(self, reply: Reply, error: str | None, operation: str, presented: Presented) -> bool:
        refused = reply.status in {UNAUTHORIZED, FORBIDDEN} or error == "invalid_client"
        if refused:
            self._auth.refused(presented)
            alarm(operation)
        return refused


def _refused_the_hint(reply: Reply) -> bool:
    """Whether the request itself is not liked, which says nothing of the customer: the token may just be over."""
    said = reply.complaint
    return reply.status == BAD_REQUEST and said.vendor_reason is None and said.error == "invalid_request"


def _acknowledged(reply: Reply) -> Ask:
    """Read the acknowledgement (CIBA Core 1.0 section 7.3): without a name or a life it is none."""
    body = reply.json_object or {}
    request, life = body.get("auth_req_id"), whole_number(body.get("expires_in"))
    if not isinstance(request, str) or not request.strip() or len(request) > LONGEST_REQUEST:
        return NotAsked(Reason.PLATFORM_SURPRISED_US, reply.digest)
    if life is None or life <= 0:
        return NotAsked(Reason.PLATFORM_SURPRISED_US, reply.digest)
    lasting = timedelta(seconds=min(life, LONGEST_LIFE))
    return Asked(Masked(request), lasting, _interval(body.get("interval"), lasting))


def _interval(value: Any, life: timedelta) -> timedelta:
    """The pause between two looks; an absurd one is brought to where the question can still be followed."""
    if isinstance(value, str):
        value = whole_number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return DEFAULT_INTERVAL
    seconds = min(max(float(value), SHORTEST_INTERVAL.total_seconds()), LONGEST_INTERVAL.total_seconds())
    return min(timedelta(seconds=seconds), max(life, SHORTEST_INTERVAL))


def _tokens(reply: Reply, *, redeemed: bool = False) -> Answer:
    """Take the tokens, unread.

    A 200 without any (a gateway's page, a broken body) is no answer. If the tokens went down with it, the next look
    meets `invalid_grant`, and the enrolment ends as unknown; if they did not, the next look finds them. To end it
    here would lose the second yes and win nothing for the first.
    """
    body = reply.json_object
    if body is None or not any(isinstance(body.get(name), str) for name in ("access_token", "id_token")):
        _log.warning("the token endpoint answered 200 without tokens: digest=%s", reply.digest)
        return Unreachable(reply.retry_after)
    return Answered(Receipt.of(reply, redeemed=redeemed).seal())
