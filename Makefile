# Each target sets up what it needs, from a machine with python3 (3.11 or later), make and git; see `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
UV_VERSION := 0.13.9

.DELETE_ON_ERROR:
.PHONY: help test demo bench dashboards pictures lint format lock clean servers

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

test: $(VENV)/.dev servers ## run the tests; what needs a server that is not to be had is skipped, with its reason
	$(BIN)/python -m pytest --cov --cov-report=term --cov-fail-under=95

demo: $(VENV)/.demo ## run the gateway with everything embedded and a simulated fleet
	$(BIN)/returns-gateway demo $(ARGS)

bench: $(VENV)/.dev servers ## measure intake, replay and a million journeys; some minutes
	$(BIN)/python -m tests.benchmarks $(ARGS)

dashboards: $(VENV)/.dev ## write Grafana's dashboards and alert rules from their code
	$(BIN)/python -m dashboards

pictures: $(VENV)/.dev servers ## draw the dashboards' pictures; some minutes
	$(BIN)/python -m tests.dashboards.pictures

lint: $(VENV)/.dev ## style, types and the law of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## lay the code out, and mend what ruff can mend by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: | $(VENV)/bin/python ## choose the newest allowed versions anew and pin them with their hashes
	$(PIP) install uv==$(UV_VERSION)
	$(LOCK) --group dev --output-file requirements/dev.lock
	$(LOCK) --constraints requirements/dev.lock --output-file requirements/demo.lock
	$(PIN) pyproject.toml --extra influxdb --extra postgresql --constraints requirements/dev.lock \
		--output-file requirements/service.lock
	$(PIN) requirements/build.in --constraints requirements/dev.lock --output-file requirements/build.lock

clean: ## remove the environment and everything that was made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

servers: # the real servers that the tests use; never fails, for the tests say what is missing
	@scripts/install-servers

PIN := $(BIN)/uv pip compile --upgrade --quiet --universal --python-version 3.11 --generate-hashes \
	--annotation-style line --custom-compile-command 'make lock'
LOCK := $(PIN) pyproject.toml requirements/build.in --extra demo --extra influxdb --extra postgresql

# Both locks hold the same versions, the development one more of them, so either may be installed over the other.
$(VENV)/.dev $(VENV)/.demo: $(VENV)/.%: requirements/%.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes --requirement $<
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/bin/python:
	@scripts/make-venv $(PYTHON) $(VENV)
