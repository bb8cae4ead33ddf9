# Two commands do everything on a machine with Python >= 3.11 (with venv), make and a package
# registry: `make demo` and `make test`. After either, .venv/bin/harness is the command.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# A Python of your own: make demo PYTHON=/path/to/python3
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
BIN := .venv/bin
# Tests of values and of simulated runs share the cores; those on real parts come one by one.
IN_MEMORY := -n auto --dist worksteal tests/unit tests/meta tests/sim tests/cases tests/docs \
  -m 'not nightly and not process and not docker'
ON_PARTS := tests/conformance tests/process tests/docker -m 'not nightly'

.PHONY: help demo test quick nightly cases check fmt docs parts schemas bench clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

demo: parts ## set up, then find a loan paid twice, and see a hardened design survive
	@$(BIN)/harness demo

test: check parts ## set up, then every check and test; those in containers where an engine is
	@$(BIN)/python -m pytest -q -rs --durations=5 $(IN_MEMORY); first=$$?; \
	$(BIN)/python -m pytest -q -rs --durations=5 $(ON_PARTS) && exit $$first

cases: parts ## every small document with its right verdict, on sim and on real parts
	@$(BIN)/python -m pytest -q -rs tests/cases

quick: .venv/.ready ## what a change of one file needs: style, types, unit tests (under 30 s once types are cached)
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest -q -x tests/unit tests/meta/test_tidy.py

nightly: test ## what takes longer: the long tests, every small document on real parts, mutated input, many seeds
	@$(BIN)/python -m pytest -q -rs tests -m nightly
	@$(BIN)/python -m pytest -q -rs tests/cases -m 'process or docker'
	@$(BIN)/harness self-test
	@$(BIN)/python -m bench.fuzz
	@$(BIN)/python -m bench.seeds

fmt: .venv/.ready ## format and sort imports
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

docs: .venv/.ready ## the documentation as a site, in site/
	@$(BIN)/zensical build --strict --clean

check: .venv/.ready ## style, types and who may import whom
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo --no-cache > .venv/imports.log \
	  || { cat .venv/imports.log >&2; exit 1; }

# What the first line of each shipped document names, for editors.
SCHEMAS := $(patsubst %,chaos/schemas/%.json,experiment design suite runbook target risks incident-rules)
schemas: $(SCHEMAS)
$(SCHEMAS): chaos/schemas/%.json: .venv/.ready $(wildcard chaos/*/*.py harness/*.py harness/*/*.py lending_service/*.py)
	@mkdir -p $(@D) && $(BIN)/harness schema $* > $@.draft && mv $@.draft $@

parts: .venv/.ready schemas ## find or make the real parts: Toxiproxy and PostgreSQL
	@$(BIN)/harness parts

bench: parts ## run the measurements of bench/
	@for file in $(wildcard bench/*.py); do echo "$$file" >&2; $(BIN)/python $$file || exit 1; done

clean: ## remove what was set up here; runs/ and the cache of parts stay
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache chaos/schemas
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml constraints.txt
	@found=; for python in $(PYTHON); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    && { found=$$python; break; }; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "set-up: no Python >= 3.11 among: $(PYTHON)." >&2; \
	  echo "  Install one (Debian, Ubuntu: apt-get install python3 python3-venv)," >&2; \
	  echo "  or name yours: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "set-up: $$found has no venv module." >&2; \
	  echo "  Install it (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; \
	fi; \
	echo "set-up: virtual environment in .venv, made with $$found (half a minute, once)" >&2; \
	"$$found" -m venv .venv || { \
	  echo "set-up: $$found -m venv .venv failed, see above." >&2; \
	  echo "  Is there space, and may you write here? make clean, then again." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[dev]' || { \
	  echo "set-up: pip could not install what pyproject.toml asks for, see above." >&2; \
	  echo "  Does pip reach a package registry? Try: $(BIN)/pip download --no-deps pytest" >&2; \
	  echo "  A mirror or a proxy is set with PIP_INDEX_URL or HTTPS_PROXY." >&2; \
	  echo "  If a pinned version is gone: loosen its line in constraints.txt." >&2; exit 1; }
	@touch $@
