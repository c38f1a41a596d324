"""The page over HTTP. It is no call of the API, so the OpenAPI document leaves it out.

Whatever befalls us, a customer is told something in their own words; a problem in JSON is for programs.
"""

import logging
from typing import Final
from urllib.parse import parse_qsl, quote

from prometheus_client import Counter

from medlem.club.errors import NotFound, TooManyRequests
from medlem.club.masked import Masked
from medlem.club.place import Club
from medlem.flows import landing
from medlem.flows.landing import Arrival, Scene, Shown
from medlem.flows.tables import StorageUnavailable
from medlem.web.answer import Answer
from medlem.web.call import Call
from medlem.web.finish import session
from medlem.web.finish.scenes import ANSWER, WORD, Form
from medlem.web.finish.scenes import page as written
from medlem.web.finish.sheet import CATALOGUES, sheet
from medlem.web.operation import Door, Reply, operation
from medlem.web.problems import UnsupportedMediaType
from medlem.web.till.language import choose

log = logging.getLogger(__name__)

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HTML: Final = b"text/html; charset=utf-8"
FORM: Final = b"application/x-www-form-urlencoded"
LONGEST_CODE: Final = 2048
MOST_FIELDS: Final = 50
LOOK_AGAIN: Final = b"3"
"""Seconds after which a browser looks again by itself."""

ERRORS: Final = {
    "access_denied": "declined",
    "outdated_app_version": "update",
    "server_error": "failed",
    "wrong_challenge": "failed",
    "unknown_reject_reason": "failed",
}
"""What the platform may tell the page in the place of a code, and the scene for each (Login API)."""

TOLD: Final = Counter("medlem_finish_errors", "Errors with which phones opened the merchant's page.", ["error"])

_PAGE: Final = Reply(description="The page.", media_type="text/html")
_FILE: Final = Reply(description="The file.", media_type="text/css")


@operation("GET", "/finish/{sales_unit}", door=Door.ANYBODY, replies={200: _PAGE})
async def page(call: Call) -> Answer:
    """The page as the phone opens it, and as it stands afterwards, without what the phone brought."""
    club = None
    try:
        club = await _club(call)
        brought = _query(call)
        if club is None:
            return _answer(call, club, 404, "nothing")
        if "error" in brought:
            return _told(call, club, brought["error"])
        if "code" in brought:
            return await _brought(call, club, brought["code"])
        return await _shown(call, club)
    except StorageUnavailable as error:
        log.error("the page cannot be shown: %s", error)  # noqa: TRY400 - its sentence is enough
        return _answer(call, club, 503, "unready", (b"retry-after", LOOK_AGAIN))


@operation("POST", "/finish/{sales_unit}", door=Door.ANYBODY, replies={303: _PAGE}, refuses=(UnsupportedMediaType,))
async def send(call: Call) -> Answer:
    """Take what the new member adds, once."""
    if call.header(b"content-type") is None or _kind(call) != FORM:
        raise UnsupportedMediaType("Send the form of the page.")
    said, club = _form(await call.body()), await _club(call)
    secret = session.secret_of(call.scope, call.visit)
    if club is None or secret is None or not session.is_own_form(call.visit, secret, said.get(WORD, "")):
        return _answer(call, club, 403, "nothing")
    answers: dict[str, str] = {}
    wrong = set()
    extras = await call.desk.options.extras(club.id)
    for extra in extras:
        try:
            answer = extra.understood(said.get(f"{ANSWER}{extra.name}", ""))
        except ValueError:
            wrong.add(extra.name)
        else:
            answers |= {} if answer is None else {extra.name: answer}
    if wrong:
        shown = await landing.show(call.ports, club.id, secret)
        if shown.scene is Scene.WELCOME:
            filled = {extra.name: said.get(f"{ANSWER}{extra.name}", "") for extra in extras}
            form = Form(word=session.word_of(secret), extras=extras, said=filled, wrong=frozenset(wrong))
            return _answer(call, club, 422, "welcome", shown=shown, form=form)
    else:
        await landing.complete(call.ports, club.id, secret, answers)
    return _away(club)


@operation("GET", "/finish/files/{version}/{name}", door=Door.ANYBODY, replies={200: _FILE}, refuses=(NotFound,))
async def file(call: Call) -> Answer:
    """What the page is made of."""
    wanted, all_files = call.scope["path_params"], sheet()
    found = {
        "finish.css": (b"text/css; charset=utf-8", all_files.style),
        "icon.svg": (b"image/svg+xml", all_files.icon),
    }
    if wanted["version"] != all_files.version or wanted["name"] not in found:
        raise NotFound("There is no such file. Load the page again.")
    kind, content = found[wanted["name"]]
    return Answer(200, content, (b"content-type", kind), (b"cache-control", b"public, max-age=31536000, immutable"))


PAGES: Final = (page, send, file)


async def _brought(call: Call, club: Club, code: str) -> Answer:
    """Take the code in, and lead the browser to an address without it."""
    if not 0 < len(code) <= LONGEST_CODE or not code.isascii() or not code.isprintable():
        return _away(club)
    client, now = call.scope["client"], call.ports.clock.now()
    address = client[0] if client else ""
    try:
        call.desk.landings.refuse_guesser(address, now)
    except TooManyRequests as refusal:
        return _answer(call, club, 429, "unready", (b"retry-after", b"%d" % (refusal.retry_after or 1)))
    arrival = await landing.arrive(call.ports, club.id, Masked(code))
    if arrival is None:
        log.info("a code was brought while nobody was asked who could have one")
        return _away(club)
    if arrival.first:
        call.desk.landings.note_wrong(address, now)
        call.ports.errands.send(landing.see_through(call.ports, arrival.landing), "landing")
    return _away(club, _cookie(call, arrival))


def _cookie(call: Call, arrival: Arrival) -> bytes | None:
    return None if arrival.session is None else session.cookie_for(call.scope, call.visit, arrival.session)


def _told(call: Call, club: Club, error: str) -> Answer:
    """An error names nobody: it is counted, the customer is told, and the enrolment runs to its end."""
    TOLD.labels(error if error in ERRORS else "unknown").inc()
    log.info("a phone opened the page with an error: %s", error if error in ERRORS else "unknown")
    return _answer(call, club, 200, ERRORS.get(error, "failed"))


async def _shown(call: Call, club: Club) -> Answer:
    secret = session.secret_of(call.scope, call.visit)
    if secret is None:
        return _answer(call, club, 200, "nothing")
    shown = await _followed(call, club, secret)
    if shown.scene is Scene.WORKING:
        return _answer(call, club, 200, "working", (b"refresh", LOOK_AGAIN))
    extras = await call.desk.options.extras(club.id) if shown.scene is Scene.WELCOME else ()
    form = Form(word=session.word_of(secret), extras=extras) if extras else None
    return _answer(call, club, 200, shown.scene.value, shown=shown, form=form)


async def _followed(call: Call, club: Club, secret: Masked[str]) -> Shown:
    """What there is to see, once there is something to see, or when patience is over."""
    async with call.desk.patience(call.desk.options.page_wait) as patience:
        shown = await landing.show(call.ports, club.id, secret)
        while shown.topic is not None and not patience.over:
            with call.ports.storage.watch(shown.topic) as watch:
                topic, shown = shown.topic, await landing.show(call.ports, club.id, secret)
                if shown.topic == topic:
                    await patience.until(watch.changed())
                    shown = await landing.show(call.ports, club.id, secret)
        return shown


def _away(club: Club, cookie: bytes | None = None) -> Answer:
    """Lead the browser to the page without anything in its address."""
    # Relative, since a proxy may serve us below a path of its own; the dot, since a colon would begin a scheme.
    where = f"./{quote(club.sales_unit, safe='')}".encode()
    headers = [(b"location", where)] if cookie is None else [(b"location", where), (b"set-cookie", cookie)]
    return Answer(303, b"", *headers)


def _answer(
    call: Call,
    club: Club | None,
    status: int,
    scene: str,
    *headers: tuple[bytes, bytes],
    shown: Shown | None = None,
    form: Form | None = None,
) -> Answer:
    country = call.desk.options.till.country if club is None else club.country
    language = choose(call.header(b"accept-language") or "", country, CATALOGUES)
    member = shown.member if shown is not None and scene == Scene.WELCOME.value else None
    return Answer(
        status,
        written(language, "" if club is None else club.name, scene, member, form),
        (b"content-type", HTML),
        (b"content-security-policy", POLICY.encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"vary", b"accept-language, cookie"),
        *headers,
    )


async def _club(call: Call) -> Club | None:
    sales_unit = call.scope["path_params"]["sales_unit"]
    if not sales_unit.isascii() or not sales_unit.isprintable():
        return None
    return await call.ports.storage.reading.places.club_of(sales_unit)


def _query(call: Call) -> dict[str, str]:
    try:
        return dict(parse_qsl(call.scope["query_string"].decode("ascii"), max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8"), max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        return {}


def _kind(call: Call) -> bytes:
    return (call.header(b"content-type") or "").partition(";")[0].strip().lower().encode()
