"""The job that docs/simulator.md gives to copy, run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import PATIENCE, surroundings

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
JOB = re.search(r"## In your own tests\n.*?```sh\n(.*?)```", PAGE, re.DOTALL)

TESTS = """#!/bin/sh
python3 - <<'END'
import json, os, urllib.request

def ask(method, path, body=None):
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["PLATFORM"] + path, raw, method=method)
    return json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request))

assert ask("GET", "/sim/people") == {"people": []}
assert ask("POST", "/sim/people", {"msisdn": "4740000150"})["answers"] == "by_hand"
open("passed", "w").close()
END
"""


def test_the_job_runs_as_it_stands_and_leaves_nothing_behind(tmp_path: Path) -> None:
    assert JOB is not None
    tests = tmp_path / "your-tests"
    tests.write_text(TESTS)
    tests.chmod(0o755)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
    job = subprocess.run(  # noqa: S603  the job of our own page
        ["/bin/sh", "-c", JOB[1]],
        cwd=tmp_path,
        env=surroundings({"PATH": path}),
        timeout=PATIENCE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert job.returncode == 0, job.stderr
    assert (tmp_path / "passed").exists()
    pid = re.search(r'"pid": ?(\d+)', (tmp_path / "simulator.json").read_text())
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid[1]), 0)
