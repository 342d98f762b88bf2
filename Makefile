# Everything is done from here; `make help` explains.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# A Python that is new enough: `make run PYTHON=python3.12` names another one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed

.PHONY: help install run demo test coverage check fix schema operations migration lock bench clients clean

help: ## What there is
	@echo 'Jinmin 金民. `make run` starts everything, `make test` proves it. All there is:'
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# Whole or not at all. The stamp is a copy of the lock it was made from: it goes before anything is touched and comes
# back when everything is there, so an environment without one was interrupted and is made anew. Two that are started
# at once wait for each other. Hashes for every file, also for what builds the packages that come as source.
$(INSTALLED): requirements.txt
	@set -e; exec 9< "$$(dirname "$$(realpath -m $(VENV))")"; flock 9; \
	if cmp -s $< $@; then touch $@; exit 0; fi; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'; \
	echo "Preparing the environment in $(VENV)/ (about two minutes the first time) …"; \
	if test -e $@; then rm $@; else $(PYTHON) -m venv --clear $(VENV); fi; \
	awk '/^[a-z]/ { build = /^(setuptools|wheel)==/ } build' $< > $(VENV)/build.txt; \
	$(PIP) install --quiet --no-deps --require-hashes -r $(VENV)/build.txt; \
	$(PIP) install --quiet --no-deps --require-hashes --no-build-isolation -r $<; \
	$(PIP) check; \
	cp $< $@

install: $(INSTALLED) ## Create the environment from the lock

run: $(INSTALLED) ## Start everything; Ctrl-C stops it (JINMIN_PORT, JINMIN_DATA: docs/operations.md)
	@exec $(BIN)/python -m backend run

demo: $(INSTALLED) ## Walk the first journey against the running server (ARGS="--reference FILE --selfie FILE")
	@exec $(BIN)/python -m backend demo $(ARGS)

test: $(INSTALLED) ## The whole suite (a part: ARGS="-k face")
	@$(BIN)/python -m pytest -n 3 --dist loadgroup $(ARGS)

coverage: $(INSTALLED) ## The whole suite again with branch coverage, which takes half as long again
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --cov --cov-report=term:skip-covered $(ARGS)

check: $(INSTALLED) ## Style, types, architecture, printed files: what a change must pass beside the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m backend schema --check
	$(BIN)/python -m backend operations --check

fix: $(INSTALLED) ## Mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.house

bench: $(INSTALLED) ## Long proofs and figures, or some of them (ONLY="reads growth"; BENCH_SMALL=1: a small form)
	@$(BIN)/python -m benchmarks $(ONLY)

clients: $(INSTALLED) ## Real clients from npm against a running server; needs Node 20 (ARGS=--short: a short form)
	@$(BIN)/python -m clients $(ARGS)

schema: $(INSTALLED) ## Print schema.graphql
	$(BIN)/python -m backend schema

operations: $(INSTALLED) ## Print graphql/operations.json
	$(BIN)/python -m backend operations

migration: $(INSTALLED) ## Draw up a migration from the models (NAME=what_changes)
	$(BIN)/tortoise -c backend.database.config.MIGRATIONS makemigrations jinmin --name $(NAME)

lock: $(INSTALLED) ## Pin every dependency anew, with hashes and without addresses
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --group dev --group build pyproject.toml -o requirements.txt

clean: ## Remove the environment and everything kept under var/
	rm -rf $(VENV) var
