# Everything that is done with this project by hand or by CI. `make help` lists the verbs.
#
# Needs Python 3.11 or newer, make and git. A verb that needs the environment makes it first, in
# .venv, from the hashed lock files, and again only when one of those or pyproject.toml changes.

SHELL := /bin/sh
.SUFFIXES:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
USABLE := -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p $(USABLE) && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DOCKER ?= docker
# Processes that share the tests, three to two processors, as a third of the time is spent waiting for
# servers, clocks and other processes; and extra words for the verb's command: make test ARGS="-k ranks"
WORKERS ?= $(shell "$(PYTHON)" -c 'import os; print((os.cpu_count() or 1) * 3 // 2)')
ARGS ?=
# How many processes the fault suite kills at random: make test-faults KILLS=5000
KILLS ?= 200

# What is compiled once is read by all who come after: four processes collect the tests, and dozens
# are started by them.
unexport PYTHONDONTWRITEBYTECODE

QUICK := types lint format imports spelling containers openapi
CHECKS := $(QUICK) tests

.PHONY: setup run test test-faults check fix bench openapi revision help lock audit docker \
	$(CHECKS:%=check-%)

setup: $(VENV)/test.stamp ## make the environment and switch on the git hooks
	@if hooks=$$(git config core.hooksPath); then \
		echo "git hooks stay as they are: core.hooksPath is $$hooks"; \
	else \
		$(BIN)/pre-commit install; \
	fi

run: $(VENV)/run.stamp ## start Almanac on an SQLite file in this directory
	@$(BIN)/almanac up $(ARGS)

# Coverage is of the tests that are the same each time, in one process, and need nothing from
# outside; the others come after, also when these fail. Containers take ten minutes and a registry
# of images, and have a verb of their own. Choosing tests with ARGS may leave one of the two runs
# without any (pytest ends with 5), but not both.
test: $(VENV)/test.stamp ## run the whole test suite, on SQLite and on PostgreSQL
	@counted=0; others=0; \
	$(BIN)/python -m pytest -n $(WORKERS) -m "not uncounted and not emulator" $(COVERAGE) $(ARGS) \
		|| { counted=$$?; [ -z "$(COVERAGE)" ] || $(BIN)/coverage report || :; }; \
	$(BIN)/python -m pytest -n $(WORKERS) -m "(uncounted or emulator) and not containers" \
		-p tests.faults.tally $(ARGS) || others=$$?; \
	case $$counted-$$others in 0-0|0-5|5-0) ;; *) exit 1 ;; esac

test-faults: $(VENV)/test.stamp ## try what can go wrong, count what is lost (KILLS=5000 for more)
	@ALMANAC_TEST_KILLS=$(KILLS) $(BIN)/python -m pytest -n $(WORKERS) -p tests.faults.tally \
		tests/faults $(ARGS)

# What is quick is looked at meanwhile, by whatever the tests leave of the processors: a fifth of their
# time they wait.
check: $(VENV)/test.stamp ## run everything CI runs and report all that fails
	@failed=; dir=$$(mktemp -d) || exit 1; trap 'rm -rf "$$dir"' EXIT; \
	{ nice $(MAKE) --no-print-directory --keep-going $(QUICK:%=check-%) >"$$dir/told" 2>&1 \
		|| touch "$$dir/failed"; } & \
	echo "== tests"; \
	$(MAKE) --no-print-directory check-tests || failed=" tests"; \
	wait; \
	echo "== $(QUICK)"; cat "$$dir/told"; \
	if [ -e "$$dir/failed" ]; then failed="$$failed see above"; fi; \
	if [ -n "$$failed" ]; then echo "== failed:$$failed"; exit 1; fi; \
	echo "== all is well"

check-format: $(VENV)/test.stamp
	@$(BIN)/ruff format --check

check-lint: $(VENV)/test.stamp
	@$(BIN)/ruff check

check-types: $(VENV)/test.stamp
	@$(BIN)/mypy

check-imports: $(VENV)/test.stamp
	@$(BIN)/lint-imports --no-cache --no-logo

check-spelling: $(VENV)/test.stamp
	@$(BIN)/codespell

check-containers: $(VENV)/test.stamp
	@$(BIN)/hadolint docker/Dockerfile
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker/compose.yaml

check-openapi: $(VENV)/test.stamp
	@$(BIN)/openapi-spec-validator tests/data/openapi.json

# The report of lines that are missing is made where there are some, as everybody waits for it.
check-tests: $(VENV)/test.stamp
	@$(MAKE) --no-print-directory test COVERAGE='--cov --cov-report='

fix: $(VENV)/test.stamp ## format the code and repair what can be repaired
	@$(BIN)/ruff check --fix --exit-zero --quiet
	@$(BIN)/ruff format
	@$(BIN)/ruff check

bench: $(VENV)/test.stamp ## measure speed and size, and print the figures
	@for file in $$(grep -l '__main__' tests/bench/*.py); do \
		name=$$(basename "$$file" .py); \
		echo "== $$name"; $(BIN)/python -m "tests.bench.$$name" $(ARGS) || exit 1; \
	done

openapi: $(VENV)/test.stamp ## write what the API says of itself to tests/data/openapi.json
	@$(BIN)/python -m tests.description

# A fresh database of its own, so that the developer's may be at any revision.
revision: export MESSAGE = $(m)
revision: $(VENV)/test.stamp ## write a migration from the tables: make revision m="votes of an entry"
	@test -n "$$MESSAGE" || { echo 'say what changes: make revision m="..."' >&2; exit 2; }
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	export ALMANAC_DATABASE_URL="sqlite:///$$dir/revision.db" && \
	$(BIN)/alembic upgrade head && \
	next=$$(ls alembic/versions/*.py 2>/dev/null | wc -l) && \
	$(BIN)/alembic revision --autogenerate --message "$$MESSAGE" \
		--rev-id "$$(printf '%04d' $$((next + 1)))"

docker: ## build the container image almanac:latest
	@$(DOCKER) build --file docker/Dockerfile --tag almanac:latest $(ARGS) .

# Only names, versions and digests: where a package comes from is the installing machine's
# business. Releases are taken when they are a week old. ARGS=--upgrade takes the newest of them.
# With the extras: pip takes `coverage[toml]` of another package to be pinned by nothing else once
# there is a newer release, and stops.
lock: ## bring the lock files into step with pyproject.toml (ARGS=--upgrade for newer releases)
	@"$(PYTHON)" $(USABLE) || { $(NO_PYTHON); }
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(PYTHON) -m venv "$$dir" && \
	"$$dir/bin/python" -m pip --disable-pip-version-check --quiet install uv && \
	export UV_CUSTOM_COMPILE_COMMAND='make lock' UV_SYSTEM_CERTS=1 && \
	compile() { "$$dir/bin/uv" pip compile --quiet --universal --python-version 3.11 \
		--no-strip-extras --exclude-newer '7 days' --generate-hashes \
		--no-emit-index-url --no-emit-find-links \
		$(ARGS) "$$@"; } && \
	compile --extra test --output-file requirements-test.lock pyproject.toml && \
	compile --constraint requirements-test.lock --no-annotate \
		--output-file requirements.lock pyproject.toml && \
	$(PYTHON) -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	compile --constraint requirements-test.lock --no-annotate \
		--output-file requirements-build.lock -
	@! grep -n '://' requirements*.lock

# Not part of `check`: what is known of old releases changes from day to day, and is asked elsewhere.
audit: ## ask which of the packages that are pinned have known vulnerabilities
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(PYTHON) -m venv "$$dir" && \
	"$$dir/bin/python" -m pip --disable-pip-version-check --quiet install pip-audit && \
	for lock in requirements.lock requirements-test.lock requirements-build.lock; do \
		echo "== $$lock"; \
		"$$dir/bin/pip-audit" --strict --require-hashes --disable-pip --requirement "$$lock" || exit 1; \
	done

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

NO_PYTHON = echo 'Almanac needs Python 3.11 or newer, with venv and pip. Install one, or say \
where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11' >&2; exit 1

$(VENV)/run.stamp: pyproject.toml requirements-build.lock requirements.lock
	@"$(PYTHON)" $(USABLE) || { $(NO_PYTHON); }
	@$(BIN)/python -c 'import pip' 2>/dev/null || { \
		echo "making the environment in $(VENV); this is done once and takes half a minute" && \
		$(PYTHON) -m venv --clear $(VENV); }
	@$(PIP) install --require-hashes -r requirements-build.lock
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements-test.lock
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

test-containers: $(VENV)/test.stamp ## build, start, kill and restart the containers, if an engine answers
	@$(BIN)/python -m pytest -rs -m containers $(ARGS)
