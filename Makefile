# `make demo` and `make test` need only Python 3.11 or later and this file: the first call sets up .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TOOLS  := $(VENV)/.tools
STAMP  := $(VENV)/.installed
# Test processes, each with one thread of torch: threads of two processes would wait for each other. 0 runs all in one.
JOBS   ?= 2
# How long the last part of `make soak` lasts at least; of 100 all tests beside it have their full numbers.
MINUTES ?= 10

.DEFAULT_GOAL := help
.PHONY: help setup demo editor dev test check check-editor check-python fix bench soak gallery train clean

help:  ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

# What is imported is compiled then: to compile all of torch and diffusers at once takes as long as to install them.
setup: $(STAMP)  ## make .venv with exactly the versions of constraints.txt

$(STAMP): $(TOOLS) pyproject.toml constraints.txt
	@echo "Installing into $(VENV): the first time takes minutes."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation \
	    --no-compile -e '.[dev]'
	@touch $@

# What builds the editor is there first, so that `make -j2` builds it while the rest is installed.
$(TOOLS): constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "GraphFlow needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)."; \
	    echo "Install one, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "'$(PYTHON)' cannot make virtual environments: its module venv or ensurepip is missing."; \
	    echo "On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Making $(VENV), and fetching what builds the editor."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling
	@$(BIN)/python hatch_build.py requirements >$(VENV)/editor.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r $(VENV)/editor.txt
	@touch $@

demo: $(STAMP)  ## make a first picture, offline, and say where it lies
	$(BIN)/graphflow run workflows/txt2img.json --out demo

editor: $(TOOLS)  ## build the editor in web/ where it changed
	$(BIN)/python hatch_build.py build

dev: $(STAMP)  ## serve the engine, and the editor with reload as one types
	$(BIN)/graphflow serve & trap "kill $$!" EXIT; $(BIN)/python hatch_build.py npm run dev

test: $(STAMP) editor  ## run the tests
	$(BIN)/python hatch_build.py npm test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: check-editor check-python  ## format, lint, types and import rules; changes nothing

check-editor: editor
	$(BIN)/python hatch_build.py npm run types
	$(BIN)/python hatch_build.py npm run lint

check-python: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: $(STAMP)  ## format, and mend what lint can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(STAMP)  ## measure the engine and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

soak: $(STAMP)  ## break servers for 20 minutes and more, count what is lost, write docs/reliability.md; MINUTES=2 is shorter
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.reliability --long --minutes $(MINUTES)

gallery: $(STAMP)  ## run every shipped workflow and write docs/gallery.md with its pictures
	$(BIN)/python docs/gallery.py

train: $(STAMP)  ## train the default model; resumes where it stopped
	$(BIN)/python -m graphflow_tiny.train

clean:  ## remove what tools left behind; keeps .venv and .train
	rm -rf build dist demo .building .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache .coverage
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
