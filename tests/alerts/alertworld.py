"""A service made of thresholds, and the programs that judge what comes of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from generator import model
from generator.load import load
from generator.outputs import OutFile
from generator.render import render_all
from tests.conftest import ROOT
from tests.scripts.scriptworld import needs

PARTPULSE = ROOT / "generated/partpulse/alerts"
RULES = "prometheus-rules.yml"
TESTS = "prometheus-rules.test.yml"
ROUTES = "alertmanager-example.yml"


def example(kind: str, number: int = 0) -> dict:
    """What a schema gives as an example."""
    return json.loads((ROOT / f"schema/{kind}.schema.json").read_text("utf-8"))["examples"][number]


def handbook(folder: Path, thresholds: dict, contacts: dict | None = None) -> model.Handbook:
    """A service 'shop' with these thresholds, read from files as any other."""
    shop = folder / "content/shop"
    shop.mkdir(parents=True, exist_ok=True)
    document = example("document")
    document["sections"].append(
        {"id": "figures", "title": "Figures that Page", "blocks": [{"show": "thresholds"}]}
    )
    for name, content in (
        ("service", example("service")),
        ("contacts", contacts or example("contacts")),
        ("document", document),
        ("thresholds", thresholds),
    ):
        (shop / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    loaded = load(shop)
    assert loaded.handbook, [(p.place, p.message) for p in loaded.problems]
    return loaded.handbook


def write(files: list[OutFile], out: Path) -> Path:
    """Puts outputs on the disk, and answers the folder of the alerts."""
    for file in files:
        path = out / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, "utf-8")
    return out / "alerts"


def made(folder: Path, thresholds: dict, contacts: dict | None = None) -> Path:
    """The folder of the alerts that come of these thresholds."""
    return write(render_all(handbook(folder, thresholds, contacts)), folder / "out")


def run(program: str, *words: object) -> subprocess.CompletedProcess[str]:
    needs(program)
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=300)


def judged(alerts: Path) -> None:
    """promtool and amtool take every file, and the rules pass their own tests."""
    for words in (
        ("promtool", "check", "rules", "--lint-fatal", alerts / RULES),
        ("promtool", "test", "rules", alerts / TESTS),
        ("amtool", "check-config", alerts / ROUTES),
    ):
        if words[-1].exists() or words[-1].name != ROUTES:
            done = run(*words)
            assert done.returncode == 0, done.stdout + done.stderr
