# `make help` lists the commands: a line that begins with two hashes describes the target below it.

PYTHON ?= python3
PORT ?= 8000
# More words for pytest, which then runs alone: make test ARGS="tests/feeds -k quota"
ARGS ?=
# Tests run in so many processes; a third one made two processors slower (13:23 for 11:42 minutes). Those in a browser
# have one of their own, whose event loop Django's tests cannot share.
TEST_PROCESSES ?= 2
# pytest's exit status where a selection matches no test.
NOTHING_TO_RUN := 5

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install -qq --progress-bar off
MANAGE := $(BIN)/python -W ignore::RuntimeWarning manage.py
# Checks read no database and must not find that of a running demo.
ALONE := CONTACTHUB_VAR=$(CURDIR)/.no-such-folder

export PORT
.DEFAULT_GOAL := help

.PHONY: help
## Show this list
help:
	@awk '/^## / { text = substr($$0, 4); next } \
		/^[a-z][a-z-]*:/ && text { split($$1, name, ":"); printf "  make %-8s %s\n", name[1], text } \
		{ if ($$0 !~ /^\.PHONY/) text = "" }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
## Start everything with made-up data on http://127.0.0.1:8000 (another port: make demo PORT=8001)
demo: .venv/.embedded
	@$(BIN)/python -m contacthub.demo

.PHONY: test
## Run everything a release needs: the checks and all tests (an area alone: make test ARGS=tests/feeds)
test: .venv/.dev chromium
	@$(if $(ARGS),$(if $(findstring browser,$(ARGS)),$(IN_BROWSER) $(ARGS),$(IN_PROCESS) $(ARGS)),$(EVERYTHING))

IN_PROCESS = $(BIN)/python -m pytest -n $(TEST_PROCESSES) --no-loadscope-reorder -m "not faults and not browser"
IN_BROWSER = $(BIN)/python -m pytest -m browser
# The tests in a browser take longest, and the checks one processor: both begin at once.
define EVERYTHING
status=0; browser_log=$$(mktemp); \
$(IN_BROWSER) tests/browser > "$$browser_log" 2>&1 & browser=$$!; \
trap 'kill $$browser 2> /dev/null; rm -f "$$browser_log"' EXIT; \
$(MAKE) --no-print-directory check || exit 1; \
$(IN_PROCESS) || status=$$?; \
echo "The tests in a browser ran beside these:"; \
wait $$browser || [ $$? = $(NOTHING_TO_RUN) ] || status=1; \
cat "$$browser_log"; \
command -v chromium > /dev/null || \
	printf '\nThe browser tests did NOT run: there is no Chromium here. Install the package chromium.\n'; \
exit $$status
endef

.PHONY: check
## Check style, types, templates, the layers, migrations and the settings, without running anything
check: .venv/.dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check --quiet .
	$(BIN)/python -m mypy contacthub
	$(BIN)/python -m djlint templates --lint --quiet
	$(BIN)/python -m tests.template_rules
	$(BIN)/python -m tests.assets
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-cache
	$(ALONE) $(MANAGE) makemigrations --check --dry-run
	@$(ALONE) BASE_URL=https://contacthub.example SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))') \
		$(MANAGE) check --deploy --fail-level WARNING

.PHONY: faults
## Kill, flood and pause the running system, and kill workers at every named point (minutes)
faults: .venv/.dev
	@$(BIN)/python -m pytest -m faults $(or $(ARGS),tests)

.PHONY: bench
## Measure the speed of what matters, against the limits of this machine (minutes)
bench: .venv/.dev
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: fuzz
## Send thousands of made-up requests to every protocol (15 minutes; one: ARGS="--protocol letrics")
fuzz: .venv/.dev
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: clients
## Generate clients of the five protocols in three languages and call everything (needs npm; minutes)
clients: .venv/.dev
	@$(BIN)/python -m tests.clients $(ARGS)

.PHONY: readers
## Read our files of every format in four other programs (minutes; needs npm and soffice)
readers: .venv/.dev
	@$(BIN)/python -m tests.readers

.PHONY: fmt
## Format the code and sort the imports
fmt: .venv/.dev
	@$(BIN)/python -m ruff check --fix --quiet .
	@$(BIN)/python -m ruff format .

.PHONY: assets
## Make static/dist, what browsers get, anew from static/css and static/js; commit it (needs npm)
assets: .venv/.dev node_modules/.installed
	@$(BIN)/python -m tests.assets inputs | node static/build.mjs

.PHONY: lock
## Pin the packages again from pyproject.toml (newest ones: make lock ARGS=--upgrade)
lock:
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" && \
	"$$folder/bin/pip" install --quiet --disable-pip-version-check uv && \
	compile() { "$$folder/bin/uv" pip compile --quiet --universal -p 3.11 --no-header --no-annotate $(ARGS) \
		pyproject.toml "$$@"; } && \
	compile -o requirements.txt && \
	compile --extra embedded -c requirements.txt -o requirements-embedded.txt && \
	compile --extra embedded --extra dev -c requirements-embedded.txt -o requirements-dev.txt

.PHONY: clean
## Remove what can be made again: the virtual environment and caches (var/, the demo's data, stays)
clean:
	@rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache test-results
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# --- The virtual environment: a stamp says which requirements it holds ---------------------------------------

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"ContactHub needs Python 3.11 or newer. Name one: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12")'
	@$(PYTHON) -m venv --clear .venv

.venv/.embedded: .venv/bin/python requirements-embedded.txt
	@echo "Installing packages into .venv (once) …"
	@$(PIP) -r requirements-embedded.txt
	@touch $@

.venv/.dev: .venv/bin/python requirements-dev.txt
	@echo "Installing packages and tools into .venv (once) …"
	@$(PIP) -r requirements-dev.txt
	@touch .venv/.embedded $@

node_modules/.installed: package.json
	@npm install --no-package-lock --no-audit --no-fund --silent
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium > /dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null || { \
		echo "Installing Chromium for the browser tests …"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium > /dev/null; \
	} || true
