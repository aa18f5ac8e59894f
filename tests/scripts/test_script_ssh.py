"""A remote behind ssh whose access fails: the script refuses, and never waits at a prompt of ssh."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import scriptworld
from scriptworld import World, at_terminal, under_all

# The server's own folder for privileges exists only once its service has run.
PRIVILEGES = Path("/run/sshd")


@dataclass(frozen=True)
class Server:
    port: int
    folder: Path  # keys: 'host', 'good', 'stranger', and 'locked', which has a passphrase


def keygen(*words: object) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", *map(str, words)], check=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real sshd on a free port, for whoever runs the tests; it also offers to ask for a password."""
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if not sshd:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("sshd is not installed")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "good", "stranger", "locked"):
        keygen("-N", "a passphrase" if name == "locked" else "", "-f", folder / name)
    allowed = [(folder / f"{name}.pub").read_text() for name in ("good", "locked")]
    (folder / "allowed").write_text("".join(allowed))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/allowed\nStrictModes no\nPermitRootLogin yes\n"
        "UsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\n"
    )
    if os.getuid() == 0:
        PRIVILEGES.mkdir(mode=0o755, exist_ok=True)
    process = subprocess.Popen([sshd, "-D", "-e", "-f", folder / "config"], stderr=subprocess.PIPE)
    try:
        assert b"Server listening" in process.stderr.readline()
        yield Server(port, folder)
    finally:
        process.terminate()
        process.communicate()


def reach(w: World, server: Server, key: str, known: str) -> None:
    """The clone's remote is behind ssh; `known` is the key that the host had before, or nothing."""
    hosts = w.home / "known_hosts"
    line = " ".join((server.folder / f"{known}.pub").read_text().split()[:2]) if known else ""
    hosts.write_text(f"[127.0.0.1]:{server.port} {line}\n" if known else "")
    (w.home / "ssh_config").write_text(
        f"Port {server.port}\nUserKnownHostsFile {hosts}\nGlobalKnownHostsFile /dev/null\n"
        f"IdentityFile {server.folder}/{key}\nIdentitiesOnly yes\n"
    )
    w.git("config", "core.sshCommand", f"ssh -F '{w.home}/ssh_config'")
    w.git("remote", "set-url", "origin", f"ssh://{getpass.getuser()}@127.0.0.1{w.remote}")


KEY, HOST = "ssh-add", "host key"
# name: key, what is known of the host, exit, what must be said
SITUATIONS = {
    "all well": ("good", "host", 0, "is on the remote and holds"),
    "the key is refused": ("stranger", "host", 5, KEY),
    "the key is locked, and there is no agent": ("locked", "host", 5, KEY),
    "there is no key": ("nowhere", "host", 5, KEY),
    "nobody knows the host": ("good", "", 5, HOST),
    "the host has another key": ("good", "stranger", 5, HOST),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_ssh_asks_nobody(world, server: Server, name: str) -> None:
    """Even at a terminal, where it could: nobody sees that question in time, or at all."""
    key, known, code, says = SITUATIONS[name]

    def run(shell: str) -> list[str]:
        w = world()
        reach(w, server, key, known)
        before = w.state()
        hosts = (w.home / "known_hosts").read_bytes()
        began = time.monotonic()
        done = at_terminal(w, shell, ["--yes", "--push-only", w.good], b"")
        found = w.problems(before, done, w.good if code == 0 else None, logged=True)
        if done.code != code or says not in done.words:
            found.append(f"exit {done.code}, not {code}, or not said: {says}")
        if time.monotonic() - began > 25:
            found.append("it waited for somebody")
        if (w.home / "known_hosts").read_bytes() != hosts:
            found.append("it trusts a host that nobody has looked at")
        return [*found, done.said] if found else []

    under_all(scriptworld.here(), run)


def test_a_locked_key_works_with_an_agent(world, server: Server, tmp_path: Path) -> None:
    agent = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", agent], stdout=subprocess.DEVNULL)
    try:
        while not agent.exists():
            time.sleep(0.02)
        answer = tmp_path / "answer"
        answer.write_text("#!/bin/sh\necho a passphrase\n")
        answer.chmod(0o755)
        ask = {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"}
        env = {**os.environ, "SSH_AUTH_SOCK": str(agent), **ask}
        subprocess.run(["ssh-add", "-q", server.folder / "locked"], env=env, check=True)
        w = world()
        w.env["SSH_AUTH_SOCK"] = str(agent)
        reach(w, server, "locked", "host")
        before = w.state()
        done = w.run("dash", "--yes", "--push-only", w.good)
        assert done.code == 0, done.said
        assert not w.problems(before, done, w.good, logged=True)
        # So does a helper of the user's own.
        w = world()
        w.env["SSH_ASKPASS"] = str(answer)
        reach(w, server, "locked", "host")
        done = w.run("dash", "--yes", "--push-only", w.good)
        assert done.code == 0, done.said
    finally:
        process.terminate()
        process.wait()
