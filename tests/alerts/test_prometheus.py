"""A real Prometheus scrapes a small exporter, and exactly the alerts of the tables fire.

Everything listens on the loopback interface, on ports that were free, and is ended with the test.
Nothing has to be fast: what is waited for is polled, with a generous limit.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.alerts.alertworld import RULES, made
from tests.scripts.scriptworld import needs

LIMIT = 120  # seconds


class Exporter:
    """Counters that grow with every look at them, and gauges; `down` takes all of them away."""

    def __init__(self) -> None:
        self.looks = 0
        self.bad = False
        self.gone = False
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = exporter.metrics().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.failed = self.good = self.slow = self.quick = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metrics(self) -> str:
        with self.lock:
            if self.gone:
                return "nothing_else 1\n"
            bad = self.bad
            self.failed += 30 if bad else 1
            self.good += 70 if bad else 99
            self.slow += 90 if bad else 0
            self.quick += 10 if bad else 100
            all_ = self.slow + self.quick
            return (
                "# TYPE http_requests_total counter\n"
                f'http_requests_total{{code="500"}} {self.failed}\n'
                f'http_requests_total{{code="200"}} {self.good}\n'
                "# TYPE took_seconds histogram\n"
                f'took_seconds_bucket{{le="0.1"}} {self.quick}\n'
                f'took_seconds_bucket{{le="2"}} {all_}\n'
                f'took_seconds_bucket{{le="+Inf"}} {all_}\n'
                f"took_seconds_sum {all_}\ntook_seconds_count {all_}\n"
                "# TYPE jobs gauge\n"
                f"jobs {51 if bad else 50}\n"
                "# TYPE pg_up gauge\n"
                f"pg_up {0 if bad else 1}\n"
            )


THRESHOLDS = {
    "alerts": {"where": [{"label": "service", "is": "shop"}], "silence": "PT5S"},
    "metrics": {
        "errors": {
            "title": "Error rate",
            "unit": "percent",
            "measure": {
                "ratio": {
                    "of": {
                        "name": "http_requests_total",
                        "where": [{"label": "code", "starts": "5"}],
                    },
                    "to": {"name": "http_requests_total"},
                    "window": "PT6S",
                    "traffic": 20,
                }
            },
        },
        "response": {
            "title": "Response time",
            "unit": "times-normal",
            "measure": {
                "quantile": {
                    "series": {"name": "took_seconds"},
                    "percentile": 95,
                    "window": "PT6S",
                    "traffic": 20,
                },
                "baseline": "PT45S",
            },
        },
        "queue": {
            "title": "Queue",
            "unit": "count",
            "measure": {"gauge": {"series": {"name": "jobs"}, "combine": "sum"}},
        },
        "database": {
            "title": "Database",
            "unit": "up",
            "measure": {"up": {"series": {"name": "pg_up"}}},
        },
        "logins": {
            "title": "Logins",
            "unit": "count",
            "measure": {"count": {"series": {"name": "logins_total"}, "window": "PT6S"}},
        },
    },
    "thresholds": {
        "errors-warning": {"metric": "errors", "above": 5, "alert": "warning", "for": "PT2S"},
        "errors-critical": {"metric": "errors", "above": 10, "alert": "critical", "for": "PT2S"},
        "errors-worst": {"metric": "errors", "above": 50},
        "response-slow": {"metric": "response", "above": 2, "alert": "warning", "for": "PT2S"},
        "queue-long": {"metric": "queue", "above": 50, "alert": "warning"},
        "database-down": {"metric": "database", "below": 1, "alert": "critical", "for": "PT2S"},
        "logins-none": {"metric": "logins", "below": 1, "alert": "warning"},
    },
}

ALWAYS = {"ShopLoginsMissing"}  # nobody exports it
WELL = ALWAYS
# The baseline is not old enough at first.
YOUNG = ALWAYS | {"ShopResponseBaselineMissing"}
BAD = ALWAYS | {
    "ShopErrorsWarning",
    "ShopErrorsCritical",
    "ShopResponseSlow",
    "ShopQueueLong",
    "ShopDatabaseDown",
}
GONE = ALWAYS | {
    "ShopErrorsMissing",
    "ShopResponseMissing",
    "ShopQueueMissing",
    "ShopDatabaseMissing",
}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    found = Exporter()
    yield found
    found.server.shutdown()


@pytest.fixture
def prometheus(exporter: Exporter, tmp_path: Path) -> Iterator[str]:
    """The address of a Prometheus that has the rules and scrapes the exporter."""
    needs("prometheus")
    alerts = made(tmp_path, THRESHOLDS)
    shutil.copy(alerts / RULES, tmp_path / RULES)
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [RULES],
        "scrape_configs": [
            {
                "job_name": "shop",
                "static_configs": [
                    {"targets": [f"127.0.0.1:{exporter.port}"], "labels": {"service": "shop"}}
                ],
            }
        ],
    }
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def firing(address: str) -> dict[str, dict]:
    """The alerts that fire, by name."""
    try:
        with urllib.request.urlopen(f"{address}/api/v1/alerts", timeout=10) as answer:
            found = json.load(answer)["data"]["alerts"]
    except OSError:
        return {}
    return {a["labels"]["alertname"]: a for a in found if a["state"] == "firing"}


def wait_for(address: str, wanted: set[str]) -> dict[str, dict]:
    """Polls until exactly these alerts fire."""
    end = time.monotonic() + LIMIT
    while (found := firing(address)).keys() != wanted:
        assert time.monotonic() < end, f"{sorted(found)} fire, not {sorted(wanted)}"
        time.sleep(0.2)
    return found


def test_exactly_the_alerts_of_the_table_fire(exporter: Exporter, prometheus: str) -> None:
    wait_for(prometheus, YOUNG)
    wait_for(prometheus, WELL)
    exporter.bad = True
    found = wait_for(prometheus, BAD)
    assert {name: a["labels"]["threshold"] for name, a in found.items()} == {
        "ShopLoginsMissing": "logins-none",
        "ShopErrorsWarning": "errors-warning",
        "ShopErrorsCritical": "errors-critical",
        "ShopResponseSlow": "response-slow",
        "ShopQueueLong": "queue-long",
        "ShopDatabaseDown": "database-down",
    }
    for alert in found.values():
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert alert["labels"]["service"] == "shop"
        assert alert["annotations"]["runbook_url"].endswith("#2-figures-that-page")
    assert (
        found["ShopQueueLong"]["annotations"]["description"]
        == "Queue is 51 as last measured; the alert comes above 50."
    )
    exporter.gone = True
    # What was bad stays so, and the other alerts say that nobody sees it any more.
    wait_for(prometheus, GONE | BAD)
