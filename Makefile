# make run    the application with its demo zone on http://127.0.0.1:8000; needs python3 (3.11 or later) and make only
# make test   everything that CI checks; installs what it needs
# make fleet  phones by the thousand, kills, power cuts, restores: hours; its last line is one of figures
#             SCALE=small starts each of its runs once, in half an hour; WITHOUT="silence, …" leaves some out
# make bench  what it costs, measured: one JSON object (about five minutes; on a machine that does nothing else)
# make bundle all that an installation needs without a network: build/fieldapp-…-{x86_64,aarch64}.tar.gz
# make lint | node | unit | postgres | browser | engines   parts of make test, each alone
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
SEED ?= 7
SCALE ?= full
WITHOUT ?=
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
export FIELDAPP_DATA_DIR ?= var
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)

RUNTIME := $(VENV)/.runtime
TOOLS := $(VENV)/.tools
MODULES := node_modules/.installed
CATALOGUE := fieldapp/translations/zh_Hans_CN/LC_MESSAGES/messages.mo
WITHIN := $(PY) tests/tools/budget.py
PYTEST := $(PY) -m pytest -q --durations=5
NO_BROWSER := --ignore=tests/browser --ignore=tests/engines

.DEFAULT_GOAL := help
.PHONY: help run init test lint node unit postgres browser engines chromium fleet clean bench bundle

help:
	@sed -n '/^SHELL/q; s/^# //p' Makefile

# -- running ---------------------------------------------------------------------------------------------------

run: init
	@set -e; accounts=$$($(BIN)/fieldapp user list); \
	if [ -z "$$accounts" ]; then \
	  echo "Making the demo zone ..."; $(BIN)/fieldapp demo; accounts="listed by the demo"; fi; \
	echo; echo "  fieldapp is at http://127.0.0.1:$(PORT) (stop it with Ctrl-C); its data are in $(FIELDAPP_DATA_DIR)"; \
	case "$$accounts" in *"officer1 "*) \
	  echo "  Demo accounts: officer1, officer2 (same team), officer3 (another team), lead1, desk1, unit1"; \
	  echo "                 admin (system), security1 (roles, policy), auditor1 (logs)"; \
	  echo "  Password of each: Fieldapp-demo1";; esac; echo; \
	exec $(BIN)/fieldapp serve --port $(PORT)

init: $(RUNTIME) $(CATALOGUE)
	@$(BIN)/fieldapp init

$(PY):
	@sh tests/tools/make_venv.sh $(PYTHON) $(VENV)

$(RUNTIME): pyproject.toml constraints.txt | $(PY)
	@echo "Installing ..."
	@$(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(CATALOGUE): $(wildcard fieldapp/translations/parts/*.po) fieldapp/translations/build.py $(RUNTIME)
	@$(PY) -m fieldapp.translations.build

# -- testing: on two cores 13 to 15 minutes (12 are wanted), each part within its own time -----------------------------

test: lint node unit postgres browser engines

lint: $(TOOLS) $(MODULES) $(CATALOGUE)
	@$(WITHIN) 40 lint sh tests/tools/lint.sh

node: $(MODULES)
	@$(WITHIN) 40 "JavaScript" node --test --test-reporter=dot tests/js/*.test.mjs

unit: $(TOOLS) $(MODULES) $(CATALOGUE)
	@$(WITHIN) 220 "tests on SQLite" $(PYTEST) -n 2 $(NO_BROWSER) -m "not postgres and not browser"

postgres: $(TOOLS) $(CATALOGUE)
	@$(WITHIN) 190 "tests on PostgreSQL" $(PYTEST) -n 2 $(NO_BROWSER) -m "postgres and not browser"

browser: $(TOOLS) $(MODULES) $(CATALOGUE) chromium
	@$(WITHIN) 340 "tests in a browser" $(PYTEST) -n 3 -m "browser and not wide" tests/browser tests/look

engines: $(TOOLS) $(MODULES) $(CATALOGUE) chromium
	@$(WITHIN) 150 "Firefox and WebKit" $(PYTEST) -n 2 --dist loadgroup -m "engines and not wide"

chromium: $(TOOLS)
	@$(PY) -m tests.browser.chromium

fleet: $(TOOLS) $(MODULES) $(CATALOGUE) chromium
	@$(PY) -m tests.fleet.long --seed $(SEED) --scale $(SCALE) --without "$(WITHOUT)"

$(TOOLS): pyproject.toml constraints.txt | $(PY)
	@echo "Installing what tests need ..."
	@$(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@ $(RUNTIME)

$(MODULES): package.json package-lock.json | $(PY)
	@sh tests/tools/make_node.sh $(VENV)
	@npm ci --silent --no-audit --no-fund
	@touch $@

bench: $(TOOLS) $(CATALOGUE)
	@$(PY) -m tests.bench

bundle: $(CATALOGUE)
	@$(PY) deploy/bundle.py

clean:
	rm -rf $(VENV) node_modules build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis $(CATALOGUE)
