"""Runs the platform vendor's own SDK against the simulator; `make peers-sdk` calls this.

Needs Node.js 20 or later and npm, and fetches the one pinned package. Ends with 0 when every step holds, 1 when one
does not, and 2, saying why, when it could not be tried: that is no success.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SIMULATOR = [str(Path(sys.executable).with_name("medlem")), "simulator", "--port", "0", "--no-people", "--json"]
LONGEST = 120
"""Seconds that one of the two programs may take."""


def main() -> int:
    """Fetch, start, run, stop."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return not_tried("this needs Node.js 20 or later with npm, and there is none")
    with tempfile.TemporaryDirectory(prefix="medlem-peers-sdk-") as place:
        for name in ("package.json", "package-lock.json", "run.mjs"):
            shutil.copy(HERE / name, place)
        fetch = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        if subprocess.run(fetch, cwd=place, timeout=LONGEST, check=False).returncode:
            return not_tried("npm could not fetch the pinned SDK")
        with subprocess.Popen(SIMULATOR, stdout=subprocess.PIPE, text=True) as simulator:
            try:
                assert simulator.stdout is not None  # noqa: S101  narrows for the type checker
                url = json.loads(simulator.stdout.readline())["url"]
                return subprocess.run([node, "run.mjs", url], cwd=place, timeout=LONGEST, check=False).returncode
            finally:
                simulator.terminate()


def not_tried(why: str) -> int:
    """Say plainly that nothing was shown."""
    sys.stderr.write(f"NOT TRIED: {why}.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
