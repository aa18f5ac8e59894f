"""The address of production is not production's: nothing is moved, built or called ready.

In a monorepo two projects have deployments of the same commits, so that nothing else would tell.
A deployment's own address shows that deployment for ever: looked at there, each is live.
"""

from __future__ import annotations

import pytest

from tests.scripts.scriptworld import here, under_all
from tests.vercel.faultcases import changed_variables, completed, with_a_name
from tests.vercel.vercelworld import World

SCRIPTS = {
    "rollback.sh": ("{0}",),
    "vercel-rollback.sh": (),
    "git-rollback.sh": ("--to-production", "{0}"),
    "env-restore.sh": ("restore", "FLAG", "GONE"),
}


def elsewhere(w: World) -> str:
    """What the address serves from now on: made from the same commit, of another project."""
    found = w.vercel.deploy(w.shas[2], "production", project="prj_other", ref="moved")
    w.vercel.assign(found)
    return found


@pytest.mark.parametrize("script", SCRIPTS)
def test_nothing_is_moved_or_built(world, script: str) -> None:
    def run(shell: str) -> list[str]:
        w = made[shell]
        with_a_name(w)
        if script == "env-restore.sh":
            changed_variables(w)
        live, asked = elsewhere(w), len(w.vercel.requests)
        words = [x.format(*w.shas) for x in SCRIPTS[script]]
        done = w.run(shell, "--yes", *words, script=script)
        said = " ".join(done.stderr.split())
        posts = [p for m, p in w.vercel.requests[asked:] if m == "POST" and "/env" not in p]
        good = done.returncode == 4 and "is served by another project" in said
        return [] if good and not posts and w.vercel.live == live else [f"{posts} {said}"]

    made = {shell: world() for shell in here()}
    under_all(here(), run)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_address_of_one_deployment_is_not_production(world, script: str) -> None:
    w = world()
    if script == "env-restore.sh":
        changed_variables(w)
    host = w.vercel.find(w.vercel.find_sha(w.shas[0])).url.upper()
    live, asked = w.vercel.live, len(w.vercel.requests)
    words = [x.format(*w.shas) for x in SCRIPTS[script]] or [w.vercel.find_sha(w.shas[0])]
    with_a_name(w)
    answer = w.vercel.find
    w.vercel.find = lambda name: answer(name.lower())
    done = w.run("dash", "--yes", *words, script=script, PRODUCTION_URL=f"https://{host}")
    said = " ".join(done.stderr.split())
    assert done.returncode == 4 and "is the address of one deployment" in said, said
    posts = [p for m, p in w.vercel.requests[asked:] if m == "POST" and "/env" not in p]
    assert not posts and w.vercel.live == live


def test_it_is_not_ready_to_go_back(world) -> None:
    w = world()
    elsewhere(w)
    w.run("dash", "--yes", script="preflight.sh")
    found = [i for i in completed(w) if "served by another project" in i["evidence"]]
    assert found and {i["result"] for i in found} == {"Fail"}
    of_one = w.vercel.find(w.vercel.find_sha(w.shas[0])).url
    w.run("dash", "--yes", script="preflight.sh", PRODUCTION_URL=f"https://{of_one}")
    found = [i for i in completed(w) if "the address of one deployment" in i["evidence"]]
    assert found and {i["result"] for i in found} == {"Fail"}
