"""How every request by curl begins: time limits, the status on the last line, secrets on standard input."""

from __future__ import annotations

CURL = (
    "curl",
    "--disable",  # first, or it has no meaning: the user's own settings stay out of this
    "--silent",
    "--show-error",
    "--globoff",
    "--connect-timeout",
    "5",
    "--max-time",
    "20",
)
API = (*CURL, "--write-out", "\\n%{http_code}", "--config", "-")
POST = (*API, "--request", "POST", "--header", "Content-Type: application/json", "--data")
