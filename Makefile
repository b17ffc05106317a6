# Needs python3 (3.11 or newer), python3-venv and make; everything else comes from PyPI into .venv.
#   make demo     a conversation through the gateway, with no key and no network
#   make test     lint, types, rules and tests
#   make laws     the laws again, on documents drawn anew (DRAWN=long: thousands of them, for hours)
#   make bench    speed, against a hand-written translator
#   make docs     the generated mapping documentation, into build/docs
#   make format   format and mend what ruff can

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DRAWN ?= fresh

# Debian packages that tests need besides the three above. Installed when root, otherwise named as skipped.
APT_PACKAGES :=

.PHONY: demo test laws bench docs format system clean
.DELETE_ON_ERROR:

demo: $(VENV)/.core
	@$(BIN)/isogloss demo

test: $(VENV)/.dev system
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/isogloss check --coverage
	$(BIN)/pytest -n 2

laws: $(VENV)/.dev
	HYPOTHESIS_PROFILE=$(DRAWN) $(BIN)/pytest -n 2 tests/laws

bench: $(VENV)/.dev
	$(BIN)/python tools/bench.py

docs: $(VENV)/.core
	$(BIN)/isogloss docs --out build/docs

format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis

# --- setting up: each file below is a stamp, so that a second run does nothing ---

$(VENV)/.core: pyproject.toml | $(BIN)/pip
	@echo "installing isogloss into $(VENV) ..."
	@$(PIP) install --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/pip
	@echo "installing isogloss and what its tests need into $(VENV) ..."
	@$(PIP) install --editable '.[dev]'
	@touch $(VENV)/.core $@

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no '$(PYTHON)'. On Debian: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "isogloss needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make a virtual environment. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

system:
	@missing=; for package in $(APT_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $$missing >/dev/null; then exit 0; fi; \
	echo "missing Debian packages, tests that need them are skipped:$$missing" >&2; \
	[ "$$CI" != true ] || { echo "with CI=true that is a failure" >&2; exit 1; }
