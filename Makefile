# `make` alone lists what there is. Every target does its own set-up; nothing happens twice.
VENV ?= .venv
PYTHON ?= python3
PORT ?= 5000
WORKERS ?= 2
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test quick lint types layers format audit bench load cluster lock clean browser compiled

RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
LOAD := $(VENV)-load/.installed
BIN := $(VENV)/bin
# File by file, in the order of tests/conftest.py: the dearest first.
DEALT := --dist loadfile --no-loadscope-reorder
GATED := earlyhelp/pathway earlyhelp/casework

help:
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r name words; do printf '  make %-8s %s\n' "$$name" "$$words"; done

demo: $(RUNTIME) ## A fictional council, ready to click (PORT=5000)
	@$(BIN)/earlyhelp demo --port $(PORT)

# A shell may forbid Python to write what it has compiled. Each process would then compile all of it anew, for 2 seconds.
demo test bench load cluster: export PYTHONDONTWRITEBYTECODE =

# Types are one processor's work; meanwhile the other compiles what each process of the tests would compile anew.
test: ## Everything that must hold before a change is merged (under 10 minutes)
	@$(MAKE) --no-print-directory -j 2 types lint layers browser compiled
	$(BIN)/pytest -n $(WORKERS) $(DEALT) --cov --cov-report=term:skip-covered --cov-report=json:coverage.json $(PYTEST_ARGS)
	$(BIN)/python -m tests.support.branch_coverage coverage.json --at-least 95 $(GATED)

quick: $(DEV) ## Tests on SQLite only, without a browser (under 1 minute)
	$(BIN)/pytest --quick -n $(WORKERS) $(DEALT) $(PYTEST_ARGS)

lint: $(DEV) ## Style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(DEV) ## Strict type checking
	$(BIN)/mypy

layers: $(DEV) ## Which part may import which
	$(BIN)/lint-imports

format: $(DEV) ## Put every file into the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# `make test` asks an extract of such a database that is kept in the tree (docs/development.md); this asks today's.
audit: $(DEV) ## Known vulnerabilities of what we depend on (needs the internet)
	@requirements/audit.sh $(VENV)

bench: $(DEV) ## Measure speed against its goals (BENCH_ARGS="transition sweep --sizes 10000")
	$(BIN)/python -m benchmarks --json figures.json $(BENCH_ARGS)

load: $(DEV) $(LOAD) ## Fifty people at work on one council (LOAD_ARGS="--people 50 --seconds 60")
	$(BIN)/python -m benchmarks.load --locust $(VENV)-load/bin/locust $(LOAD_ARGS)

cluster: $(DEV) ## Two web servers, two workers, a replica; and the primary falls
	$(BIN)/python -m benchmarks.cluster $(CLUSTER_ARGS)

compiled: $(DEV)
	@said="$$($(BIN)/pytest --collect-only -qq 2>&1)" || { printf '%s\n' "$$said"; exit 1; }

# The browser's tests are skipped, and the run says so, where Chromium is absent and we may not install it.
browser: $(DEV)
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser journeys"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null \
	  || echo "Chromium could not be installed: the browser journeys will be skipped"; \
	fi

# One lock serves Python 3.11 to 3.13 and names no host, so that it installs from any mirror.
lock: $(DEV) ## Lock package versions with hashes (LOCK_ARGS=--upgrade for newer ones)
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) --group load -o requirements/load.txt

COMPILE = UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links $(LOCK_ARGS)

clean: ## Remove everything that make made
	rm -rf $(VENV) $(VENV)-load build dist htmlcov coverage.json figures.json .coverage .coverage.* .*_cache .hypothesis test-results
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(RUNTIME): requirements/runtime.txt requirements/install.sh requirements/link.sh
	@PYTHON=$(PYTHON) requirements/install.sh $(VENV) requirements/runtime.txt
	@requirements/link.sh $(VENV)
	@touch $@

$(DEV): requirements/dev.txt requirements/install.sh requirements/link.sh
	@PYTHON=$(PYTHON) requirements/install.sh $(VENV) requirements/dev.txt
	@requirements/link.sh $(VENV)
	@touch $(RUNTIME) $@

$(LOAD): requirements/load.txt requirements/install.sh
	@PYTHON=$(PYTHON) requirements/install.sh $(VENV)-load requirements/load.txt
	@touch $@
