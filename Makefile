# Two commands matter: `make run` and `make test`. Both set up what they need in .venv first.
PYTHON ?= python3
VENV   := .venv
PEERS  := .venv-peers
BIN    := $(VENV)/bin
PORT   ?= 8420

.PHONY: run test test-slow check lint types imports format lock benchmarks screenshots secrets setup clean

run: $(VENV)/.ready
	$(BIN)/bevaka run --demo --port $(PORT)

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -m "not slow" -n 2

test-slow: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -m slow -n 2

check: lint types imports test

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

imports: $(VENV)/.ready-dev
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.ready-dev
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --group peers -c requirements.lock --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements-peers.lock

# An hour. `make benchmarks WORKLOADS="w1 w3"` measures some of them anew and keeps the figures of the others.
benchmarks: $(PEERS)/.ready
	$(PEERS)/bin/python -m benchmarks --write $(WORKLOADS)

# Pictures of every page of a fresh demo, for README and guides.
screenshots: $(VENV)/.ready-dev
	$(BIN)/python docs/screenshots

secrets: $(VENV)/.ready
	BEVAKA=$(BIN)/bevaka sh docs/examples/secrets.sh secrets

setup: $(VENV)/.ready-dev

clean:
	rm -rf $(VENV) $(PEERS) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Bevaka needs Python 3.11 or newer, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# The development lock is a superset of the other, pinned to the same versions; a tree set up for tests can also run.
$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/.ready-dev || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(PEERS)/.ready: requirements-peers.lock | $(VENV)/bin/python
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock
	@touch $@
