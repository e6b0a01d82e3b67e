# Only Python 3.11 and make are needed; everything else goes into .venv, by hash.
PYTHON ?= $(shell for p in python3.11 python3; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>&- && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q
LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml
# Without the cache of what is compiled, every worker of the tests compiles them all.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check slow campaign bench screens scan licences audit lock clean

help:  ## these lines
	@sed -n 's/^\([a-z]*\):.*##/make \1\t/p' $(MAKEFILE_LIST)

run: $(VENV)/.local  ## everything, with a demo: prints the address and a login
	@$(BIN)/python -m dashboard.local.run --with-parent

test: $(VENV)/.dev  ## all tests but the slow ones, a browser included
	@$(BIN)/python -m tests.chromium
	@$(PYTEST) -n 4

check: $(VENV)/.dev  ## lint, types, migrations, and the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	find templates -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +
	$(BIN)/python -m tests.embedded $(BIN)/mypy
	$(BIN)/python -m tests.embedded $(BIN)/python manage.py makemigrations --check --dry-run
	@$(MAKE) --no-print-directory test

slow: $(VENV)/.dev  ## faults, kills, races, drills: up to 30 minutes
	@$(PYTEST) tests/slow

campaign: $(VENV)/.dev  ## faults without end: OPERATIONS=10000 SEED=...
	@OPERATIONS=$${OPERATIONS:-10000} $(PYTEST) tests/slow/faults

bench: $(VENV)/.dev  ## the goals of performance, each with its figure and its bound
	@$(BIN)/python -m tests.embedded $(BIN)/python -m tests.bench

screens: $(VENV)/.dev  ## every page and state as pictures in .screens, to look at
	@rm -rf .screens
	@$(PYTEST) tests/screens.py -n 2

scan: $(VENV)/.dev  ## scanners that others wrote over production, as root: at most 20 minutes
	@$(BIN)/python -m tests.embedded $(BIN)/python -m tests.scan

licences: $(VENV)/.dev  ## what production is made of, with versions and licences
	@$(BIN)/python -m tests.licences

audit: $(VENV)/.dev  ## known vulnerabilities of that; says so when nobody could be asked
	@$(BIN)/python -m tests.audit

lock:  ## write requirements/*.txt again (needs uv)
	$(LOCK) -o requirements/app.txt
	$(LOCK) --extra local -o requirements/local.txt
	$(LOCK) --extra local --extra dev -o requirements/dev.txt
	$(subst pyproject.toml,requirements/scan.in,$(LOCK)) -o requirements/scan.txt

clean:  ## forget the environment, the local data and all caches
	rm -rf $(VENV) .data .bench .screens .scan staticfiles tests/slow/*/node_modules tests/scan/observatory/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +

# requirements/dev.txt contains requirements/local.txt.
$(VENV)/.dev: requirements/dev.txt
	$(call install,dev)
	@touch $(VENV)/.local $@

$(VENV)/.local: requirements/local.txt
	$(call install,local)
	@touch $@

define install
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed, as python3.11 or python3 on PATH, or make PYTHON=...' >&2; exit 1; }
	@echo 'Installing into $(VENV), once ...'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check --no-input install -qq --require-hashes --only-binary :all: -r requirements/$(1).txt
endef
