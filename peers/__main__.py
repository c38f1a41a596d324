"""`python -m peers`: hold our client and service to the standard, against npm's oidc-provider.

Real processes on this machine: the provider, two services of ours (one that polls, one that is pinged), and between
them a proxy that watches and harms. Prints a table, and fails when a line of it does.
"""

import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from peers import polls
from peers.proxy import NOTIFY, Proxy
from peers.stage import INTERVAL, SECRET, Service, Stage, Table, looks, outcomes
from signed_tokens import Tokens, rsa_key
from tampered import TAMPERED, Tamper

HERE: Final = Path(__file__).parent


def main() -> int:
    """Return 1 when a line fails."""
    table = Table()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medlem-peers-")))
        proxy = Proxy()
        stack.callback(proxy.close)
        proxy.provider = stack.enter_context(_provider(proxy, folder))
        polling = Service(proxy, folder, "client-0", {})
        stack.callback(polling.close)
        pinged = Service(proxy, folder, "client-1", {"MEDLEM_PUBLIC_URL": proxy.url})
        stack.callback(pinged.close)
        proxy.hook = f"http://127.0.0.1:{pinged.port}/hooks/ciba/client-1"
        numbers = (f"47400{number:05}" for number in range(100, 1000))
        stage = Stage(table, proxy, polling, pinged, numbers)
        for part in (_pings, _tampers, polls.hold):
            part(stage)
    print(f"\n{len(table.lines)} lines, {table.failed} failed")
    return int(table.failed > 0)


@contextmanager
def _provider(proxy: Proxy, folder: Path) -> Iterator[str]:
    """The provider, installed into a folder that goes away with it."""
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    _run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], folder)
    settings = {
        "issuer": proxy.url,
        "notify": proxy.url + NOTIFY,
        "secret": SECRET,
        "keys": [rsa_key().as_dict(private=True)],
    }
    with (
        (folder / "provider.log").open("wb") as log,
        subprocess.Popen(
            ["node", "provider.mjs"],  # noqa: S607 - wherever this machine has it
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        ) as node,
    ):  # fmt: skip
        try:
            if node.stdin is None or node.stdout is None:
                raise RuntimeError("no pipes")
            node.stdin.write(json.dumps(settings))
            node.stdin.close()
            line = node.stdout.readline()
            if not line:
                raise RuntimeError((folder / "provider.log").read_text())
            yield f"http://127.0.0.1:{json.loads(line)['port']}"
        finally:
            node.terminate()


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True)


# ---- pings


def _pings(stage: Stage) -> None:
    table, proxy, till = stage.table, stage.proxy, stage.pinged
    login = proxy.login(next(stage.phones))
    asked = till.till.ask(phone=f"+{login.phone}")
    token, request = login.token or "", proxy.request_of(login.phone)
    bits = len(base64.urlsafe_b64decode(token + "==")) * 8
    table.line("a token of its own goes with each question", f"{bits} bits", well=bits >= 160)
    other = proxy.login(next(stage.phones))
    till.till.ask(phone=f"+{other.phone}")
    wrong = {"none": None, "forged": "forged", "another question's": other.token}
    answers = {name: proxy.ping(request, shown) for name, shown in wrong.items()}
    table.line("a wrong bearer is answered 401", str(answers), well=set(answers.values()) == {401})
    table.line("and asks the provider nothing", f"{len(login.looks)} looks", well=not login.looks)
    unknown = proxy.ping("unknown", token)
    table.line("a right bearer for an unknown request as well", str(unknown), well=unknown == 401)
    login.pings = 5
    proxy.press(login.phone, "yes")
    state = till.end_of(asked["id"])
    seen = f"{login.pinged}, {state}, {looks(login)}"
    table.line(
        "five pings at once: 204 each, one redemption", seen,
        well=login.pinged == [204] * 5 and state == "accepted" and outcomes(login) == ["tokens"],
    )  # fmt: skip
    late = proxy.ping(request, token)
    table.line(
        "a ping after the end: 204, and no look", f"{late}, {looks(login)}", well=late == 204 and len(login.looks) == 1
    )
    early = proxy.login(next(stage.phones), early=True, pings=2)
    state = till.ends(early.phone)
    table.line(
        "a ping that comes before the answer to the ask", f"{early.pinged}, {state}, {looks(early)}",
        well=early.pinged == [204] * 2 and state == "accepted" and outcomes(early) == ["tokens"],
    )  # fmt: skip
    quick = login.looks[0].began - login.asked_at
    table.line("after a ping the interval no longer counts", f"{quick:.1f} s", well=quick < INTERVAL)
    lost = proxy.login(next(stage.phones), pings=0)
    asked = till.till.ask(phone=f"+{lost.phone}")
    proxy.press(lost.phone, "yes")
    state = till.end_of(asked["id"])
    table.line("a ping that is lost is made up for by a poll", f"{state}, {looks(lost)}", well=state == "accepted")


# ---- tampers


def _tampers(stage: Stage) -> None:
    proxy, till = stage.proxy, stage.pinged
    refused: dict[str, str] = {}
    for name, (_, tamper) in TAMPERED.items():
        login = proxy.login(next(stage.phones), tamper=_tampering(name, tamper), pings=1, early=True)
        refused[name] = till.ends(login.phone)
    right = [name for name, state in refused.items() if state == "platform_surprised_us"]
    wrong = {name: state for name, state in refused.items() if name not in right}
    stage.table.line(
        "tampered token answers refused",
        f"{len(right)} of {len(refused)} {wrong or ''}",
        well=not wrong and len(right) == 23,
    )
    good = proxy.login(next(stage.phones), tamper=_tampering("nothing", lambda tokens: tokens), early=True)
    state = till.ends(good.phone)
    stage.table.line("the same answer, signed anew and unharmed, is accepted", state, well=state == "accepted")


def _tampering(name: str, tamper: Tamper) -> Callable[[bytes], bytes]:
    def harm(body: bytes) -> bytes:
        answer: dict[str, Any] = json.loads(body)
        payload = answer["id_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        around = {key: value for key, value in answer.items() if key != "id_token"}
        good = Tokens(claims, around=around)
        if name == "wrong iss":  # this provider's issuer has no slash to take away
            return good.claiming(iss=claims["iss"] + "/").answer
        return tamper(good).answer

    return harm


if __name__ == "__main__":
    sys.exit(main())
