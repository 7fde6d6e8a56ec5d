# The commands of the house. `make` alone lists them.
# Nothing is needed but Python 3.12 or newer; everything else comes into .venv from requirements.lock.

SHELL := /bin/sh
PY := .venv/bin/python
# Words for the tests: make test ARGS="tests/hub -k kill"
ARGS ?=
# A Python to make .venv with, if the one found is not the one wanted.
PYTHON ?=

.DEFAULT_GOAL := help
.PHONY: help install run test long lint bench faults

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

# Every candidate is run: a shim may be there for a Python that is not. One that cannot make environments is passed over.
define FIND_PYTHON
for found in "$(PYTHON)" python3.13 python3.12 python3.14 python3 "$$HOME"/.pyenv/versions/3.1[2-9]*/bin/python \
    /usr/local/bin/python3 /opt/homebrew/bin/python3; do \
  [ -n "$$found" ] && "$$found" -c 'import ensurepip, ssl, sys, venv; sys.exit(sys.version_info < (3, 12))' \
    >/dev/null 2>&1 && { command -v "$$found"; exit 0; }; \
done; exit 1
endef

# Compiling at once, on all cores, spares each of the many processes seconds at its start.
# The lock that .venv was filled from lies in it; while the two are equal there is nothing to install.
install: ## .venv with the locked dependencies, nothing started
	@set -eu; \
	if ! $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then \
	  python=$$($(FIND_PYTHON)) || { \
	    echo "Novelo needs Python 3.12 or newer with venv (on Debian: apt-get install python3-venv). None was found; name one: make install PYTHON=/path/to/python3.13" >&2; \
	    exit 1; }; \
	  echo "Making .venv with $$python"; \
	  rm -rf .venv; "$$python" -m venv .venv; \
	fi; \
	if ! cmp -s requirements.lock .venv/requirements.lock; then \
	  echo "Installing the locked dependencies"; \
	  $(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock; \
	  env -u PYTHONDONTWRITEBYTECODE $(PY) -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true; \
	  cp requirements.lock .venv/requirements.lock; \
	fi

run: install ## everything on this machine: PostgreSQL, Valkey, web, worker, beat, relay, simulator, demo (Ctrl-C stops)
	@exec $(PY) manage.py up $(ARGS)

# What one worker has compiled the others need not, nor the next run.
PYTEST = NOVELO_CHROMIUM="$$($(PY) -m tests.browser.install_chromium)" exec env -u PYTHONDONTWRITEBYTECODE \
  $(PY) -m pytest --dist loadfile --no-loadscope-reorder

# Of two processors, two workers left a third idle: a test waits for its servers and its browser. A third worker takes it.
test: install ## every test but the long ones, own servers and a browser included
	@$(PYTEST) -n 3 -m "not long" $(ARGS)

long: install ## the tests that take long: the whole house started, every page gone through in a browser, every id tried
	@$(PYTEST) -n 2 -m long $(ARGS)

lint: install ## format, lint, types, scripts of the pages, missing migrations
	@export NOVELO_ENV=test; failed=; \
	say() { echo "── $$1"; shift; "$$@" || failed=yes; }; \
	say format $(PY) -m ruff format --check .; \
	say lint $(PY) -m ruff check --quiet .; \
	say types $(PY) -m mypy; \
	scripts=$$(find hub conversations metrics -path '*/static/*' -name '*.js' ! -name '*.min.js'); \
	[ -z "$$scripts" ] || say scripts .venv/bin/oxlint --quiet --deny-warnings $$scripts; \
	say migrations $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run --skip-checks; \
	[ -z "$$failed" ]

bench: install ## the benchmarks: one JSON object a line, each with its limit of the same run
	@exec $(PY) -m tests.bench $(ARGS)

faults: install ## the fault drills: kills, cuts and floods while messages come in
	@exec $(PY) -m tests.faults $(ARGS)
