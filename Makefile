# Two commands matter: `make up` runs the whole system here, `make test` the everyday suite.
# Needed: Python 3.11 or later, make, and the package registries. Everything else is fetched.

PYTHON ?= python3
ARGS ?=
CITY ?= deploy/city/medan
UV_VERSION := 0.13.9
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mrk
BIN := .venv/bin
UV := $(CACHE)/uv-$(UV_VERSION)/bin/uv
SYNCED := .venv/.synced
MANIFESTS := uv.lock $(shell find . -name pyproject.toml -not -path './.*')
SOURCES := $(wildcard schemas/src libs/*/src cli/src services/*/src deploy/*/src)
EVERYDAY := $(wildcard tests/unit tests/contract tests/integration tests/pitfalls tests/tree)
PAGES := services/intake/src/mrk_intake/http/web services/routing/src/mrk_routing/http/desk
export UV_PYTHON_DOWNLOADS = never
export UV_PROJECT_ENVIRONMENT = .venv

.DEFAULT_GOAL := help
.PHONY: help up down status env model test test-browser test-examples test-week screenshots icons catalogues test-e2e test-mutations test-compose test-faults bench soak lint format

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

up: $(SYNCED)  ## run everything here until Ctrl-C (ARGS="--detach --data DIR --port-base N")
	@$(BIN)/mrk up $(ARGS)

down: $(SYNCED)  ## end what `make up ARGS=--detach` started
	@$(BIN)/mrk down $(ARGS)

status: $(SYNCED)  ## what runs, and where it listens
	@$(BIN)/mrk status $(ARGS)

env: $(SYNCED)  ## only make the environment

model: $(SYNCED)  ## make the classifier of categories anew; taken where it is better (ARGS="--take --corrections FILE")
	OMP_NUM_THREADS=1 $(BIN)/python -m mrk_city.learning make --city $(CITY) $(ARGS)

test: $(SYNCED)  ## the everyday suite, on a real broker and a real database
	$(BIN)/pytest -n auto --dist loadgroup $(EVERYDAY) $(ARGS)

test-browser: $(SYNCED)  ## the resident's pages in a real headless Chromium (installed where it is missing)
	$(BIN)/pytest -n 2 tests/browser $(ARGS)

test-examples: $(SYNCED)  ## the examples for agencies in Python, Java and JavaScript, by the conformance kit
	$(BIN)/pytest -n 2 --dist loadgroup tests/examples $(ARGS)

test-week: $(SYNCED)  ## a working week of 2,000 reports by a moved clock, each date reckoned twice
	$(BIN)/pytest -s tests/week $(ARGS)

screenshots: $(SYNCED)  ## renew docs/screenshots; then look at each
	$(BIN)/pytest -n 2 tests/browser/screenshots.py $(ARGS)

icons: $(SYNCED)  ## renew the app's icons from mark.svg
	$(BIN)/pytest -q tests/browser/icons.py $(ARGS)

catalogues: $(SYNCED)  ## find new and unused strings of the pages
	for pages in $(PAGES); do \
	  $(BIN)/pybabel -q extract -F $$pages/babel.ini -k N_ --no-location --omit-header --sort-output -o $$pages/locales/messages.pot $$pages && \
	  for language in id en; do $(BIN)/pybabel -q update --no-fuzzy-matching --omit-header --ignore-obsolete \
	    -l $$language -i $$pages/locales/messages.pot -d $$pages/locales || exit 1; done && \
	  rm $$pages/locales/messages.pot || exit 1; done

test-mutations: $(SYNCED)  ## plant one mistake at a time in libs/delivery: each must redden its test
	$(BIN)/python tests/mutations/run.py $(ARGS)

test-e2e: $(SYNCED)  ## 500 residents through all four services, then the seven invariants
	$(BIN)/pytest -s tests/e2e $(ARGS)

test-compose: $(SYNCED)  ## build the images and send a report through docker-compose.yml
	$(BIN)/pytest tests/compose $(ARGS)

test-faults: $(SYNCED)  ## kill, pause, cut and fill; then count what must hold
	$(BIN)/pytest -s tests/faults $(ARGS)

soak: $(SYNCED)  ## the kills for long: 10,000 reports, each role killed five times as often
	MRK_TEST_REPORTS=10000 MRK_TEST_ROUNDS=5 $(BIN)/pytest -s tests/faults/test_kills.py $(ARGS)

bench: $(SYNCED)  ## speed, each figure against its peer in the same run
	$(BIN)/python -m tests.bench $(ARGS)

lint: $(SYNCED)  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports

format: $(SYNCED)  ## lay out every file as `make lint` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(SYNCED): $(MANIFESTS) | $(UV)
	@echo "making the environment in .venv (a minute the first time)"
	@$(UV) sync --frozen --quiet --python $(PYTHON)
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than Python 3.11; name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "fetching uv $(UV_VERSION) (once)"
	@mkdir -p $(CACHE)
	@$(PYTHON) -m venv --clear $(CACHE)/uv-$(UV_VERSION) || { \
	  echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(CACHE)/uv-$(UV_VERSION)/bin/python -m pip install --quiet uv==$(UV_VERSION) || { \
	  rm -rf $(CACHE)/uv-$(UV_VERSION); \
	  echo "uv could not be fetched from the Python package registry: see that this machine reaches it" \
	    "(pip's settings for proxies, mirrors and certificates are used), then run make again" >&2; exit 1; }
