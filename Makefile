# Everything a developer or an operator of the embedded default does. `make` alone prints the list.

PYTHON ?= python3
# One more than the cores that most machines have at least: many tests wait for other processes.
JOBS ?= 3
BIN := .venv/bin
STAMP := .venv/installed
SOURCES := manage.py calculations organizations kpis scorecards strategy_maps scorecard_site tests

# What is compiled once serves every process: images of containers often forbid to keep it.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test check types lint fix bench chaos setup browser lock

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: setup ## Start everything on http://127.0.0.1:8000 with a demo organization (PORT=8001 for another port)
	@DEMO=1 exec $(BIN)/python manage.py serve

demo: setup ## Replace the demo organization by a fresh one
	@DEMO=1 $(BIN)/python manage.py migrate --verbosity 0
	@DEMO=1 $(BIN)/python manage.py load_demo --fresh

test: setup browser ## Run all tests on PostgreSQL, then those for both databases on an SQLite file
	$(BIN)/python -m pytest -n $(JOBS) --forbid-skips
	$(BIN)/python -m pytest -n $(JOBS) --forbid-skips --database=sqlite -m both_databases

check: setup ## Lint, format, types, layers, templates, migrations, security settings
	@$(MAKE) --no-print-directory --jobs=2 types lint

types: setup
	$(BIN)/mypy

lint: setup
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --lint --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	@echo "manage.py check --deploy, with the settings of a public site"
	@ALLOWED_HOSTS=scorecard.example.com VAR_DIR="$$(mktemp -d)" \
	SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	DATABASE_URL=postgresql://scorecard@database/scorecard REDIS_URL=redis://:password@redis:6379/0 \
	$(BIN)/python manage.py check --deploy --fail-level WARNING

fix: setup ## Repair what check can repair by itself
	-$(BIN)/ruff check --fix --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	-$(BIN)/djlint templates --reformat --quiet

bench: setup ## Measure the promised speeds (SCALE=m or SCALE=l for more of everything)
	$(BIN)/python -m tests.with_servers $(BIN)/python manage.py bench --scale $(or $(SCALE),s)

chaos: setup ## Kill web server, worker, clock, queue and database at work, and count what is lost (ROUNDS=20)
	$(BIN)/python -m tests.faults --rounds $(or $(ROUNDS),20)

setup: $(STAMP) ## Install the locked dependencies into .venv

# The last line lets `.venv/bin/pytest` find the project, too, not only `python -m pytest`.
$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null || \
	{ echo "Line of Sight needs Python 3.11 or newer, and $(PYTHON) is not there: install it."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Line of Sight needs Python 3.11 or newer. Name one like this: make PYTHON=python3.12 setup"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt-get install python3-venv."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	"uv==$$(sed -n 's/^uv==\([^ ;]*\).*/\1/p' requirements.lock)"
	@echo "Installing the locked dependencies …"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/python -c 'import pathlib, sysconfig; \
	pathlib.Path(sysconfig.get_path("purelib"), "line_of_sight.pth").write_text("$(CURDIR)\n")'
	@touch $(STAMP)

browser: setup ## Find or install the Chromium that the tests drive
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
	  test -n "$$name" && command -v "$$name" >/dev/null && exit 0; \
	done; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null && exit 0; \
	fi; \
	$(BIN)/playwright install chromium || \
	{ echo "The tests need Chromium: install it, or set CHROMIUM to the program of a Chromium or Chrome."; exit 1; }

lock: setup ## Resolve the dependencies of pyproject.toml anew
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	--extra dev pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	--constraint requirements.lock pyproject.toml --output-file requirements-runtime.lock
