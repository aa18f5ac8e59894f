"""The same look-up for a service of another make: Makefile, Python, compose, shell, npm in a folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from generator.load import Loaded, load
from generator.references.checkout import Checkout
from generator.references.lookup import Looked, look_up
from generator.references.words import PROGRAMS, in_command
from tests.references.repositories import write

SERVICE = """\
id: shop
name: Shop
title: Rollback
purpose: How to go back. `DATABASE_URL` and `SHOP_MODE` must be set, and `config/shop.toml` be there.
issued: 2026-01-09
review: {cycle: P3M, owner: keeper}
links:
  more:
    title: More
    links:
      - {title: Plan, path: docs/plan.md}
references:
  elsewhere:
    shop-infra: another repository
    report.json: made when the script runs
  paths: [deploy/nginx]
  routes: {/health: shop/web.py}
  variables: [SHOP_SECRET]
history:
  - {version: 1.0.0, date: 2026-01-09, changes: ["`gone.py` was removed."]}
"""
CONTACTS = """\
roles: {keeper: {title: Keeper}}
contacts: {keeper: {title: Keeper, role: keeper, name: A. Person, reach: door 4}}
"""
DOCUMENT = """\
sections:
  - id: back
    title: Back
    blocks:
      - procedure: back
      - code:
          language: sh
          text: |
            # a comment of scripts/none.sh
            sh scripts/warm.sh --now
      - links: more
"""
PROCEDURE = """\
id: back
title: Back
parameters:
  file: {type: name, help: where, value: deploy/compose.yaml}
  release: {type: version, help: which, position: 1}
steps:
  - id: go
    title: Go back
    commands:
      - run: [make, -C, deploy, "TAG={release}", release]
      - run: [docker, compose, -f, "{file}", up, -d]
      - run: [python, manage.py, migrate, shop]
      - run: [python3, -m, shop.check]
      - run: [python3, -m, pytest]
      - run: [./bin/switch, origin/main, "releases/{release}.json"]
      - run: [npm, --prefix, web, run, build:prod]
      - run: [yarn, --cwd, web, lint]
      - run: [git, push, origin/main, rollback/x]
      - run: [cat, /etc/hosts, shop-infra/main.tf, report.json]
    details:
      - "Run `make -C deploy undo` if `nginx.conf` is wrong. `Next.js` and `example.com` are no files of ours."
"""
REPOSITORY = {
    ".git": "gitdir: ../.git/worktrees/shop\n",
    "docs/plan.md": "",
    "config/shop.toml": "",
    "deploy/nginx/nginx.conf": "",
    "deploy/compose.yaml": "services: {}\n",
    "deploy/Makefile": "TAG := none\nall: release\nrelease undo: check ## both\n\techo $(TAG)\ncheck:\n",
    "manage.py": "import os\nos.environ['DATABASE_URL']\n",
    "shop/check.py": "",
    "shop/web.py": '@app.get("/health")\ndef health(): return os.getenv("SHOP_MODE")\n',
    ".env.example": "# the secret\nSHOP_SECRET=\n",
    "bin/switch": "",
    "scripts/warm.sh": "",
    "web/package.json": json.dumps(
        {"scripts": {"build:prod": "x"}, "devDependencies": {"lint": "1"}}
    ),
}
# What each name needs, and how it is taken away: a file, or a text in a file and what replaces it.
NEEDS = {
    "docs/plan.md": ("docs/plan.md",),
    "config/shop.toml": ("config/shop.toml",),
    "deploy/nginx": ("deploy/nginx/nginx.conf",),
    "nginx.conf": ("deploy/nginx/nginx.conf",),
    "deploy/compose.yaml": ("deploy/compose.yaml",),
    "release": ("deploy/Makefile", "release undo:", "undo:"),
    "undo": ("deploy/Makefile", "release undo:", "release:"),
    "manage.py": ("manage.py",),
    "shop/web.py": ("shop/web.py",),
    "/health": ("shop/web.py", "health", "healthy"),
    "DATABASE_URL": ("manage.py", "DATABASE_URL", "DATABASE"),
    "SHOP_MODE": ("shop/web.py", "SHOP_MODE", "SHOP"),
    "SHOP_SECRET": (".env.example", "SHOP_SECRET", "SECRET"),
    "./bin/switch": ("bin/switch",),
    "scripts/warm.sh": ("scripts/warm.sh",),
    "build:prod": ("web/package.json", "build:prod", "build"),
    "lint": ("web/package.json", '"lint"', '"lints"'),
}
OPEN = {
    "pytest": "it may be an installed program",
    "origin/main": "it may name something else; if not, list it in 'references'",
    "releases/....json": "what it names is known only when it is run",
    "shop-infra/main.tf": "elsewhere: another repository",
    "report.json": "elsewhere: made when the script runs",
    "Next.js": "it may name something else; if not, list it in 'references'",
}


@pytest.fixture
def shop(tmp_path: Path) -> Loaded:
    files = {
        "service.yaml": SERVICE,
        "contacts.yaml": CONTACTS,
        "document.yaml": DOCUMENT,
        "procedures/back.yaml": PROCEDURE,
    }
    loaded = load(write(tmp_path / "content/shop", files))
    assert loaded.handbook, loaded.problems
    return loaded


def looked(shop: Loaded, root: Path) -> Looked:
    return look_up(shop.handbook, shop.documents, Checkout(root))


def test_all_is_found_and_what_cannot_be_decided_is_said(shop: Loaded, tmp_path: Path) -> None:
    found = looked(shop, write(tmp_path / "r", REPOSITORY))
    assert not found.problems
    assert {n.name for n in found.found} == {*NEEDS, "shop.check"}
    assert {n.name: why for n, why in found.open} == OPEN


@pytest.mark.parametrize("name", NEEDS)
def test_each_is_missed(name: str, shop: Loaded, tmp_path: Path) -> None:
    root = write(tmp_path / "r", REPOSITORY)
    file, *change = NEEDS[name]
    if change:
        text = (root / file).read_text()
        assert change[0] in text
        (root / file).write_text(text.replace(*change))
    else:
        (root / file).unlink()
    if name == "deploy/nginx":
        (root / "deploy/nginx").rmdir()
    told = looked(shop, root)
    missed = {re.search("'(.*?)'", p.message).group(1) for p in told.problems}
    assert name in missed
    with_it = {n for n, (f, *_) in NEEDS.items() if f == file}
    with_it |= {"nginx.conf"} if name == "deploy/nginx" else set()
    assert missed <= with_it, "what has nothing to do with it is still found"
    if change:
        assert missed == {name}


def test_a_makefile_that_only_make_understands_is_not_judged(shop: Loaded, tmp_path: Path) -> None:
    for text in ("include other.mk\n", "%: x\n\techo\n", "$(TARGETS): x\n"):
        root = write(tmp_path / "r", {**REPOSITORY, "deploy/Makefile": text})
        found = looked(shop, root)
        assert not found.problems
        assert {"release", "undo"} <= {n.name for n, _ in found.open}


def test_a_name_elsewhere_that_nothing_uses_is_told(tmp_path: Path, shop: Loaded) -> None:
    path = tmp_path / "content/shop/service.yaml"
    path.write_text(SERVICE.replace("report.json:", "reports.json:"))
    found = looked(load(path.parent), write(tmp_path / "r", REPOSITORY))
    assert sorted((p.severity, p.message.split("'")[1]) for p in found.problems) == [
        ("error", "report.json"),
        ("warning", "reports.json"),
    ]


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_no_words_are_too_strange(program: str) -> None:
    strange = [
        "",
        "-",
        "--",
        "-f",
        "-C",
        "--prefix",
        "=",
        "-m",
        "run",
        "compose",
        "\x00",
        "@",
        "..",
        "[[",
        "a" * 300,
    ]
    for first in strange:
        list(in_command([program, first]))
        for second in strange:
            for seen in in_command([program, first, second]):
                assert seen.name
