# Everything a person runs. `make` alone says what there is; each target makes what it needs (.venv, packages) first.
#
# Two stamps on purpose: `make demo` needs only what the gateway itself needs and is ready in seconds; the tools of
# the workshop (pytest, mypy, ruff, ...) are a second step.

SHELL := /bin/bash
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
# What was read once is kept compiled, whatever the machine says: the tests start Python a thousand times.
unexport PYTHONDONTWRITEBYTECODE
# Five at a time on two cores, in the order of the folders: tests wait more than they work, the flows most of all.
PYTEST := $(BIN)/pytest -n 5 --dist loadfile --no-loadscope-reorder -ra

.DEFAULT_GOAL := help
.PHONY: help demo test quick check lint format bench docs words clean system read

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

demo: .venv/ready ## run a gateway with phones in memory and open its pages; needs nothing but Python
	@$(BIN)/smsgw demo $(ARGS)

quick: .venv/ready-dev lint ## the checks and the fast tests: under a minute, for every save
	$(PYTEST) -m "not slow and not peer" $(ARGS)

test: .venv/ready-dev lint system read ## the checks and every test, also against programs that we did not write
	$(PYTEST) --durations=10 $(ARGS) || .ci/again $$?

check: format test ## what to run before a commit: format in place, then everything

lint: .venv/ready-dev ## format check, ruff, mypy --strict, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Once, beside mypy: five processes that begin at the same moment would each compile all of it, 35 seconds of work and not
# 12. What cannot be read in is told by the tests themselves.
read: .venv/ready-dev
	-@$(BIN)/pytest --collect-only -qq >.venv/read.log 2>&1

format: .venv/ready-dev ## put every file in the house's form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: .venv/ready-dev system ## measure: messages a second, durable, side by side with peers
	$(BIN)/python -m benchmarks $(ARGS)

docs: .venv/ready ## write the generated pages of docs/ anew (configuration, errors, life cycles)
	$(BIN)/python docs/generate.py

words: .venv/ready ## collect the words of the pages into every language's catalogue, and say what is not translated
	@$(BIN)/python docs/words.py

clean: ## remove what these targets made
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

system:
	@.ci/system-packages

# setuptools goes into the environment itself: a build environment of its own would be made and thrown away each time.
# No byte-compiling: phonenumbers alone has 500 files of metadata, and Python compiles what it reads anyway.
.venv/ready: pyproject.toml
	@PYTHON="$(PYTHON)" .ci/venv .venv
	$(PIP) 'setuptools>=77'
	$(PIP) --no-build-isolation -e .
	@touch $@

.venv/ready-dev: .venv/ready
	$(PIP) --no-build-isolation -e '.[dev]'
	@touch $@
