"""Programs that stand before the real ones, to record every call and to make one of them go wrong."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scriptworld import World

# The n-th call of a program is the one that gets its n-th file; making it is what counts the
# calls, because several programs of a pipeline run at once. `sleep` is called by a clock in the
# background and is not counted: it only has to be short.
_SHIM = """#!/bin/sh
name=${0##*/}
real=$SHIM_REAL/$name
case $name in
sleep) exec "$real" "$SHIM_SLEEP" ;;
esac
set -C
n=1
while ! { true >"$SHIM_CALLS/$name.$n"; } 2>/dev/null; do
  n=$((n + 1))
  [ "$n" -lt 1000 ] || exit 1
done
set +C
for word in "$name" "$@"; do printf '%s\\n' "$word"; done >"$SHIM_CALLS/$name.$n"
[ -z "$SHIM_ORDER" ] || printf '%s\\n' "$name.$n" >>"$SHIM_ORDER"
[ "$name.$n" = "$SHIM_AT" ] || exec "$real" "$@"
case $SHIM_HOW in
fail) exit 1 ;;
after*) "$real" "$@" ;;
esac
code=$?
case $SHIM_HOW in
*INT) kill -INT "-$WORLD_PID" ;;
*) kill "-${SHIM_HOW#* }" "$WORLD_PID" ;;
esac
case $SHIM_HOW in
before*) exec "$real" "$@" ;;
esac
exit "$code"
"""


class Shims:
    """One folder with a stand-in for every program of the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin, self.real = folder, folder / "bin", folder / "real"
        self.bin.mkdir(parents=True)
        self.real.mkdir()
        shim = folder / "shim"
        shim.write_text(_SHIM)
        shim.chmod(0o755)
        for place in os.environ["PATH"].split(os.pathsep):
            # A folder of somebody else's in the PATH is no reason to stop.
            for path in Path(place).iterdir() if os.access(place, os.R_OK | os.X_OK) else ():
                if (
                    not (self.bin / path.name).exists()
                    and os.access(path, os.X_OK)
                    and os.path.isfile(path)
                ):
                    (self.bin / path.name).symlink_to(shim)
                    (self.real / path.name).symlink_to(shutil.which(path.name) or path)

    def put_before(self, world: World, sleep: str = "0.1") -> Path:
        """Puts the stand-ins before the programs of `world`; answers the folder of calls."""
        calls = world.folder / "calls"
        calls.mkdir(exist_ok=True)
        world.env.update(self.variables(calls, sleep), PATH=f"{world.bin}:{self.bin}")
        return calls

    def variables(self, calls: Path, sleep: str) -> dict[str, str]:
        """The environment in which every program is the stand-in, and none goes wrong yet."""
        return {
            "PATH": str(self.bin), "SHIM_REAL": str(self.real), "SHIM_CALLS": str(calls),
            "SHIM_SLEEP": sleep, "SHIM_AT": "", "SHIM_HOW": "none", "SHIM_ORDER": "",
        }  # fmt: skip

    def at(self, point: str, how: str) -> dict[str, str]:
        """What changes in that environment so that this one call goes wrong; '' is none.

        The other programs are the real ones: each stand-in costs as much as the program itself.
        """
        place = self.folder / "only" / (_order(point)[0] if point else "sleep")
        place.mkdir(parents=True, exist_ok=True)
        for name in (place.name, "sleep"):
            try:
                (place / name).symlink_to(self.folder / "shim")
            except FileExistsError:
                continue
        return {"PATH": f"{place}:{self.real}", "SHIM_AT": point, "SHIM_HOW": how}


def points(folder: Path) -> list[str]:
    """The calls of a run as SHIM_AT names them: 'git.3' is the third call of git."""
    return sorted((p.name for p in folder.iterdir()), key=_order)


def words(folder: Path, point: str) -> list[str]:
    """A call, with the program's name; nothing when it never came to it."""
    path = folder / point
    return path.read_text().split("\n")[:-1] if path.exists() else []


def calls(folder: Path) -> list[list[str]]:
    """The calls of a run, each with its words; those of one program in their order."""
    return [words(folder, point) for point in points(folder)]


def _order(point: str) -> tuple[str, int]:
    name, _, number = point.rpartition(".")
    return name, int(number)
