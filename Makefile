# SPDX-License-Identifier: Apache-2.0
# Everything a developer calls. Needs make and Python 3.11 or 3.12 with venv and pip.

VENV     ?= .venv
BIN      := $(VENV)/bin
PACKAGES := adapters bandit policies simulator
# Directories are listed too, so that a deleted file rebuilds the wheel as well.
SOURCES  := setup.cfg pyproject.toml $(shell find $(PACKAGES) -name __pycache__ -prune -o -print)
# Programs beside Python that tests run against, by the name of their Debian package.
PROGRAMS := chromium
# Extras of setup.cfg that tests and lints need, the optional parts that are tested among them
EXTRAS   := test dev location calendar analysis distributed
# More arguments for the program behind a target: make demo ARGS='--port 9000', make test ARGS=tests/policies
ARGS     ?=

# One BLAS thread: many small matrices, and the test machine's cores are for the tests.
export OPENBLAS_NUM_THREADS = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# The installed package must be found, never the working directory.
unexport PYTHONPATH PYTHONHOME

.PHONY: help demo serve test check bench lock programs clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.wheel ## install slotwise and start the demo on 127.0.0.1:8080
	$(BIN)/slotwise demo $(ARGS)

serve: $(VENV)/.wheel ## install slotwise and start the service, data in .data
	$(BIN)/slotwise serve --data-dir .data $(ARGS)

# pytest-xdist: the tests of a file stay together, for they share servers, and files come in their order, as those
# with few tests are no shorter. The checks run beside them.
SPREAD := --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder
test: programs $(VENV)/.test $(VENV)/.wheel ## all tests against the installed wheel; beside them lint, types, import rules
	@$(MAKE) --no-print-directory check & checks=$$!; $(BIN)/pytest $(SPREAD) $(ARGS); tests=$$?; wait $$checks && exit $$tests

check: $(VENV)/.test ## lint, format, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/.test $(VENV)/.wheel ## run every benchmark (benchmarks/README.md says what each measures)
	@set -e; for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python $$program; done

# Keeps what is locked unless it no longer fits; make lock ARGS=--upgrade moves everything on.
LOCK := $(BIN)/uv --no-config pip compile --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-annotate --quiet
lock: $(VENV)/.test ## write the hash-locked requirements anew from setup.cfg
	$(LOCK) setup.cfg $(ARGS) -o requirements.txt
	$(LOCK) setup.cfg $(ARGS) $(EXTRAS:%=--extra %) -c requirements.txt -o requirements-test.txt
	echo setuptools | $(LOCK) - -c requirements-test.txt -o requirements-build.txt
	rm -rf slotwise.egg-info

APT := DEBIAN_FRONTEND=noninteractive apt-get -y -qq --no-install-recommends
# Never fatal: without root or apt-get the tests that need a program say so themselves.
programs:
	@for program in $(PROGRAMS); do \
		command -v "$$program" >/dev/null && continue; \
		[ "$$(id -u)" = 0 ] && { $(APT) install "$$program" || { $(APT) update && $(APT) install "$$program"; }; } \
			>/dev/null 2>&1 || echo "note: $$program is not installed and could not be"; \
	done

clean: ## remove what make made, .venv included, data not
	rm -rf $(VENV) build dist slotwise.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(PACKAGES) tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in python3 python3.12 python3.11; do \
		"$$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
			2>/dev/null && exec "$$python" -m venv $(VENV); \
	done; \
	echo "python: got $$(python3 --version 2>/dev/null || echo none); allowed 3.11 or 3.12, with venv and pip" >&2; exit 1

$(VENV)/.run: requirements.txt requirements-build.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt -r requirements-build.txt
	@touch $@

$(VENV)/.test: requirements-test.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-test.txt
	@touch $@

# build/lib is removed first because setuptools would pack what an earlier tree left there.
$(VENV)/.wheel: $(SOURCES) $(VENV)/.run
	rm -rf build/lib build/bdist.* build/wheel
	$(BIN)/python -m pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir build/wheel .
	$(BIN)/python -m pip install --quiet --no-index --no-deps --force-reinstall build/wheel/slotwise-*.whl
	@rm -rf slotwise.egg-info
	@touch $@
