"""What the tests share: where the content lies, and the option that renews expected files."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# In the background these may be ignored, and a shell cannot undo that; the scripts must be able to
# trap them.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew",
        action="store_true",
        help="write what came out into the expected files; then read the diff",
    )
    parser.addoption(
        "--every-fault",
        action="store_true",
        help="faults at every call of a script, also where the same call comes again and again",
    )


@pytest.fixture
def renew(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("--renew")
