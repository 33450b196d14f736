# What people type here. `make help` lists it. Everything runs in a virtual environment of the project's
# own; VENV=DIR uses another one, PYTHON=PATH another interpreter.

VENV ?= .venv
PYTEST_ARGS ?=
BIN = $(VENV)/bin
NEWEST = for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && exit; done
PYTHON ?= $(shell $(NEWEST))
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --constraint constraints.txt

SERVERS = $(VENV)-servers
EVALS = $(VENV)-evals

.PHONY: help demo test test-servers test-evals servers evals check schema
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.installed ## a sample incident, in a throw-away database
	@$(BIN)/runbook-tui demo

test: $(VENV)/.installed-dev ## every test, on two processes
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

test-servers: $(VENV)/.installed-dev servers ## the tests against real trace servers, which it installs (1.5 GB)
	@RUNBOOK_TUI_TEST_SERVERS=$(SERVERS) $(BIN)/python -m pytest -n 2 --dist loadgroup tests/servers/real $(PYTEST_ARGS)

test-evals: $(VENV)/.installed-dev evals ## exported cases with the real eval tools, which it installs (0.4 GB)
	@RUNBOOK_TUI_TEST_EVALS=$(EVALS) $(BIN)/python -m pytest tests/evals/real $(PYTEST_ARGS)

servers: $(SERVERS)/.installed # Phoenix, MLflow and ClickHouse's engine, apart from everything else

evals: $(EVALS)/.installed # Inspect and pydantic-evals, apart from everything else

check: $(VENV)/.installed-dev ## style, types, import contracts, playbooks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/runbook-tui playbook check playbooks/*.yaml
	@$(BIN)/runbook-tui playbook schema | diff playbooks/playbook.schema.json - \
		|| { echo "playbooks/playbook.schema.json is stale: run make schema" >&2; exit 1; }

schema: $(VENV)/.installed ## write the playbooks' JSON Schema again
	@$(BIN)/runbook-tui playbook schema > $(VENV)/schema.json
	@mv $(VENV)/schema.json playbooks/playbook.schema.json

# The stamps are what makes a second run quick: pip runs again only when what it installs has changed.

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/pip
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/pip
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(SERVERS)/.installed: tests/servers/real/requirements.txt
$(EVALS)/.installed: tests/evals/real/requirements.txt
$(SERVERS)/.installed $(EVALS)/.installed:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --requirement $<
	@touch $@

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed, and none was found" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
