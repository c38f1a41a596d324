"""Polling, held to the standard: many logins at once, each of which meets something else."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from peers.proxy import Fault, Login, endless, half, reset, saying, silent
from peers.stage import INTERVAL, ROUNDING, SLOWER, Service, Stage, looks

FAULTS: Final[dict[str, list[Fault]]] = {
    "429 with Retry-After": [saying(429, "{}", Retry_After="7")],
    "429 without": [saying(429)],
    "503 with Retry-After": [saying(503, "", Retry_After="3")],
    "500 without a body": [saying(500)],
    "502 with a page": [saying(502, "<html>Bad gateway</html>", Content_Type="text/html")],
    "200 with a page": [saying(200, "<html>Welcome to the hotel network</html>", Content_Type="text/html")],
    "404 with a page": [saying(404, "<html>")],
    "a redirect elsewhere": [saying(302, "", Location="http://127.0.0.1:9/")],
    "reset": [reset],
    "no answer": [silent],
    "half an answer": [half],
    "an answer without end": [endless],
    "refused keys": [saying(401, '{"error": "invalid_client"}')],
    "three in a row": [reset, saying(503), saying(429)],
}

RETRY_AFTER: Final = 7.0

ENDS: Final = {
    "access_denied": "declined",
    "expired_token": "expired",
    "invalid_grant": "outcome_unknown",
    "invalid_request": "platform_surprised_us",
    "unauthorized_client": "platform_surprised_us",
    "a_code_nobody_knows": "platform_surprised_us",
}
"""What ends a login at once, and how it ends."""

THUMBS: Final = {"yes": "accepted", "no": "declined", "nothing": "expired"}

WRITTEN: Final = 1.0
"""Seconds after which what was heard is certainly written down."""


def hold(stage: Stage) -> None:
    """Play it all, and see what holds."""
    slowed = _slowed(stage)
    proxy = stage.proxy
    plain = {thumb: proxy.login(next(stage.phones)) for thumb in THUMBS}
    broken = {name: proxy.login(next(stage.phones), token_faults=list(faults)) for name, faults in FAULTS.items()}
    ended = {name: proxy.login(next(stage.phones), token_faults=[_error(name)]) for name in ENDS}
    asks = {
        "reset": proxy.login(next(stage.phones), ask_fault=reset),
        "503": proxy.login(next(stage.phones), ask_fault=saying(503)),
    }
    everybody = [*plain.values(), *broken.values(), *ended.values(), *asks.values()]
    yes = {login.phone for login in (plain["yes"], *broken.values())}
    ends = _play(stage, everybody, yes=yes, no={plain["no"].phone})
    _tell(stage, plain, {name: ends[login.phone] for name, login in plain.items()}, THUMBS, "the customer answers")
    survived = dict.fromkeys(broken, "accepted")
    _tell(stage, broken, {name: ends[login.phone] for name, login in broken.items()}, survived, "the login survives")
    _tell(stage, ended, {name: ends[login.phone] for name, login in ended.items()}, ENDS, "ends at once")
    for name, reason in (("reset", "outcome_unknown"), ("503", "platform_unavailable")):
        login, seen = asks[name], ends[asks[name].phone]
        well = seen == reason and login.times_asked == 1
        stage.table.line(f"an ask that meets {name} is not repeated", f"{seen}, asked {login.times_asked}", well=well)
    heeded = _gap(broken["429 with Retry-After"])
    stage.table.line("Retry-After is waited for", f"{heeded:.1f} s", well=heeded >= RETRY_AFTER - ROUNDING)
    _judge(stage, [slowed, *(login for login in everybody if login.looks)])


def _slowed(stage: Stage) -> Login:
    """One that is told to slow down; the process that was told dies."""
    till, login = stage.polling, stage.proxy.login(next(stage.phones), token_faults=[_error("slow_down")])
    asked = _ask(till, login)
    while not login.looks or not login.looks[0].ended:
        time.sleep(0.05)  # noqa: TID251 - real time, of real processes
    time.sleep(WRITTEN)  # noqa: TID251 - as above
    till.kill()
    till.open()
    stage.proxy.press(login.phone, "yes")
    state, gap = till.end_of(asked), _gap(login)
    well = state == "accepted" and gap >= INTERVAL + SLOWER - ROUNDING
    stage.table.line("slow_down adds five seconds, across a kill -9", f"{gap:.1f} s, {state}", well=well)
    return login


def _play(stage: Stage, everybody: list[Login], *, yes: set[str], no: set[str]) -> Mapping[str, str]:
    """Ask all, let some answer, kill the service at once, and see how each ends, by phone."""
    till = stage.polling
    with ThreadPoolExecutor(len(everybody)) as tills:
        asked = list(tills.map(lambda login: _ask(till, login), everybody))
        for login in everybody:
            if login.phone in yes | no:
                stage.proxy.press(login.phone, "yes" if login.phone in yes else "no")
        till.kill()
        till.open()
        ends = list(tills.map(till.end_of, asked))
    return {login.phone: end for login, end in zip(everybody, ends, strict=True)}


def _tell(
    stage: Stage, logins: Mapping[str, Login], ends: Mapping[str, str], right: Mapping[str, str], what: str
) -> None:
    for name, login in logins.items():
        once = what != "ends at once" or len(login.looks) == 1
        stage.table.line(f"{what}: {name}", f"{ends[name]}, {looks(login)}", well=once and ends[name] == right[name])


def _judge(stage: Stage, polled: list[Login]) -> None:
    table, many = stage.table, sum(len(login.looks) for login in polled)
    early = [login.phone for login in polled if _early(login)]
    seen = f"{many} looks, {len(early)} early"
    table.line("no look sooner than the interval, the first included", seen, well=not early)
    after = [login.phone for login in polled if _after_the_end(login)]
    table.line("no look after a final answer", str(len(after)), well=not after)
    side = [login.phone for login in polled if _side_by_side(login)]
    table.line("one look at a time for each request", f"{len(side)} side by side", well=not side)


def _error(name: str) -> Fault:
    return saying(400, f'{{"error": "{name}"}}')


def _ask(till: Service, login: Login) -> str:
    return str(till.till.ask(phone=f"+{login.phone}")["id"])


def _gap(login: Login) -> float:
    return login.looks[1].began - login.looks[0].began if len(login.looks) > 1 else 0.0


def _early(login: Login) -> bool:
    interval, before = INTERVAL, login.asked_at
    for look in login.looks:
        if look.began - before < interval - ROUNDING:
            return True
        interval += SLOWER if look.outcome == "slow_down" else 0
        before = look.began
    return False


def _after_the_end(login: Login) -> bool:
    return any(look.outcome in {"tokens", *ENDS} for look in login.looks[:-1])


def _side_by_side(login: Login) -> bool:
    return any(later.began < sooner.ended for sooner, later in zip(login.looks, login.looks[1:], strict=False))
