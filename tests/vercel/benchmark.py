"""How long each script takes by itself: seconds from its start to its end, against the stand-in.

Run it with `make bench`. Nothing is built, and waits are as long as for users.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from tests.vercel.vercelworld import SCRIPTS, World, worlds

# script: its arguments (GOOD is the last good commit), and the exit code of a good run.
RUNS: dict[str, tuple[list[str], int]] = {
    "rollback.sh": (["GOOD"], 0),
    "vercel-rollback.sh": ([], 0),
    "git-rollback.sh": (["--to-production", "GOOD"], 0),
    "env-restore.sh": (["snapshot"], 0),
    "verify.sh": ([], 8),
    "preflight.sh": ([], 7),
    "post-rollback.sh": ([], 8),
}


def seconds(w: World, script: str) -> float:
    arguments, code = RUNS[script]
    (w.folder / "bin/sleep").unlink()
    w.git("config", "user.name", "A Person")
    w.git("config", "user.email", "person@example.com")
    words = [w.shas[0] if a == "GOOD" else a for a in arguments]
    began = time.monotonic()
    done = subprocess.run(
        [SCRIPTS / script, "--yes", *words],
        cwd=w.folder / "clone",
        env=w.environment(),
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    took = time.monotonic() - began
    assert done.returncode == code, done
    return took


def main() -> None:
    print("Seconds of each script by itself, median of 3 (target for a rollback: below 5)")
    for script in RUNS:
        with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as make:
            # A build takes as long as it takes; what is measured is the script.
            found = [seconds(make(build_seconds=0), script) for _ in range(3)]
        print(f"  {script:20} {statistics.median(found):6.2f}")


if __name__ == "__main__":
    main()
