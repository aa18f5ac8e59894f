# make         set up, render generated/, build the site, say how every clock stands
# make test    set up what the tests need, and run all of them
# make bench   time 'check' and 'build' beside comparable tools
# make lock    write requirements/*.txt anew from pyproject.toml

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: all site test bench lock clean

all: $(VENV)/ready
	@$(BIN)/rollbook build
	@$(MAKE) --no-print-directory site
	@echo
	@# A red gate is an answer, not a failure of this command.
	@$(BIN)/rollbook check || [ $$? -eq 1 ]
	@echo
	@echo "Document, scripts and forms: generated/    Site: site/index.html"

site: $(VENV)/ready
	@# Not --quiet: it hides the warnings from --strict as well, and the build passes.
	@NO_MKDOCS_2_WARNING=1 SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 0) \
		$(BIN)/mkdocs build --strict >$(VENV)/mkdocs.log 2>&1 || { cat $(VENV)/mkdocs.log; exit 1; }
	@# What depends on the day lies only there: freshness.json, badges, calendars.
	@$(BIN)/rollbook status --out site >/dev/null

$(VENV)/ready: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one with PYTHON=...") if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --requirement requirements/run.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/ready-test: $(VENV)/ready requirements/test.txt
	@$(PIP) --requirement requirements/test.txt
	@touch $@

test: $(VENV)/ready-test
	@sh tests/install-tools.sh
	@sh tests/install-vercel.sh
	@sh tests/install-prisma.sh
	@sh tests/install-schemas.sh
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

bench: $(VENV)/ready-test
	@$(PIP) --requirement requirements/bench.txt
	@$(BIN)/python tests/benchmark.py
	@$(BIN)/python -m tests.vercel.benchmark

lock:
	@sh requirements/lock.sh

clean:
	@rm -rf $(VENV) site .pytest_cache .hypothesis
