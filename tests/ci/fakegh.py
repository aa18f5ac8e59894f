"""A GitHub with issues and labels, as `gh` shows it, that fails and lies when it is told to.

In a test it is an object; as a program (`fakegh.py STATE.json ARGUMENTS`) it keeps its state in a
file. It takes exactly the flags that are used; test_gate_issue.py holds them against the real gh.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

FLAGS = {
    ("issue", "list"): {"--label", "--state", "--json", "--limit"},
    ("issue", "create"): {"--title", "--label", "--body-file"},
    ("issue", "edit"): {"--body-file"},
    ("issue", "comment"): {"--body-file"},
    ("issue", "close"): {"--reason"},
    ("issue", "reopen"): set(),
    ("label", "create"): {"--color", "--description"},
}
FIELDS = ("number", "title", "body", "state")
# What gh says where a request is one too many.
RATE_LIMIT = "HTTP 403: API rate limit exceeded for installation ID 1. (https://api.github.com)"


@dataclass
class GitHub:
    """`trouble` maps the number of a call (from 0; -1 is every call) to how it goes wrong.

    fail: nothing is done, and it is said; broken: it is done, and failure is said; lie: nothing is
    done, and success is said; stale: a list is shown as it was before this run.
    """

    labels: list[str] = field(default_factory=list)
    issues: list[dict] = field(default_factory=list)
    trouble: dict[int, str] = field(default_factory=dict)
    calls: list[list[str]] = field(default_factory=list)
    error: str = RATE_LIMIT
    at_first: list[dict] = field(default_factory=list)

    def call(self, arguments: list[str], text: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of one call."""
        number = len(self.calls)
        if not number:
            self.at_first = json.loads(json.dumps(self.issues))
        self.calls.append(arguments)
        trouble = self.trouble.get(number, self.trouble.get(-1, ""))
        if trouble == "fail":
            return 1, "", self.error
        if trouble == "lie" and arguments[1] != "list":
            return 0, "", ""
        code, out, err = self._do(arguments, text, trouble)
        return (1, "", self.error) if trouble == "broken" else (code, out, err)

    def _do(self, arguments: list[str], text: str, trouble: str) -> tuple[int, str, str]:
        verb, flags, words = tuple(arguments[:2]), {}, []
        rest = iter(arguments[2:])
        for word in rest:
            if not word.startswith("--"):
                words.append(word)
            elif word in FLAGS[verb]:
                flags[word] = next(rest)
            else:
                return 1, "", f"unknown flag: {word}"
        if "--body-file" in flags and len(text) > 65_536:
            return 1, "", "GraphQL: Body is too long (maximum is 65536 characters)"
        if verb == ("issue", "list"):
            assert flags["--state"] == "all" and flags["--json"] == ",".join(FIELDS)
            shown = self.at_first if trouble == "stale" else self.issues
            found = [i for i in reversed(shown) if flags["--label"] in i["labels"]]
            kept = found[: int(flags["--limit"])]
            return 0, json.dumps([{k: i[k] for k in FIELDS} for i in kept]), ""
        if verb == ("label", "create"):
            if words[0] in self.labels:
                return 1, "", f"label with name {words[0]!r} already exists"
            self.labels.append(words[0])
            return 0, "", ""
        if verb == ("issue", "create"):
            if flags["--label"] not in self.labels:
                return 1, "", f"could not add label: '{flags['--label']}' not found"
            self.add(flags["--title"], text, flags["--label"])
            return 0, f"https://github.com/o/r/issues/{len(self.issues)}\n", ""
        issue = self.issues[int(words[0]) - 1]
        if verb == ("issue", "edit"):
            issue["body"] = text
        elif verb == ("issue", "comment"):
            issue["comments"].append(text)
        else:
            issue["state"] = "CLOSED" if verb == ("issue", "close") else "OPEN"
            issue["reason"] = flags.get("--reason", "")
        return 0, "", ""

    def add(self, title: str, body: str, *labels: str, state: str = "OPEN") -> dict:
        number = len(self.issues) + 1
        issue = {"number": number, "title": title, "body": body, "state": state}
        self.issues.append({**issue, "labels": list(labels), "comments": [], "reason": ""})
        return self.issues[-1]

    @property
    def open(self) -> list[dict]:
        return [i for i in self.issues if i["state"] == "OPEN"]


def main(path: Path, arguments: list[str]) -> int:
    state = json.loads(path.read_text("utf-8")) if path.exists() else {}
    trouble = {int(k): v for k, v in state.pop("trouble", {}).items()}
    hub = GitHub(**state, trouble=trouble)
    text = sys.stdin.read() if "--body-file" in arguments else ""
    code, out, err = hub.call(arguments, text)
    path.write_text(json.dumps(hub.__dict__), "utf-8")
    print(out, end="")
    print(err, end="", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
