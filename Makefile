# Two commands do everything: `make demo` runs the main job, `make test` passes the tests.
SHELL := /bin/bash
PY := .venv/bin/python

.PHONY: help setup demo test lint bench bench-registry bench-verification clean docs

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup:           ## Python, packages and the pages' files, for this clone only
	@.ci/setup

demo: setup      ## the main job on seven processes; stays up until Ctrl-C (ONCE=1: ends with the run's exit status)
	@$(PY) -m demo $(if $(filter-out 0,$(ONCE)),--once)

test:            ## set-up, linters and every test
	@.ci/setup --tests
	@$(MAKE) --no-print-directory lint
	@.ci/tests

lint: setup      ## ruff, mypy --strict, import-linter
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-logo > .acquis-lint.log 2>&1 || { cat .acquis-lint.log; rm -f .acquis-lint.log; exit 1; }
	@rm -f .acquis-lint.log

bench: setup     ## issuances and presentations against a bare loop on the agents' admin API
	@$(PY) -m benchmarks.issue_and_present

bench-registry: setup ## a registry of 50,000 files: mirroring, reading, publishing (about 1 GB of temporary disk)
	@$(PY) -m benchmarks.registry_at_scale

bench-verification: setup ## our checks beside the agent's own verification, 10,000 objects in the mirror; every test vector
	@PYTHONPATH=tests $(PY) -m benchmarks.verification

docs: setup      ## write the generated pages of docs/
	@$(PY) -m acquis.protocols.diagram > docs/protocols.md
	@PYTHONPATH=tests $(PY) -m support.settings_page > docs/settings.md

clean:           ## remove what the demo and the tests made; what else lies in .acquis is a deployment's
	@rm -rf .acquis/demo .acquis-lint.log .hypothesis .pytest_cache
	@if [ -d .acquis ]; then rmdir --ignore-fail-on-non-empty .acquis; fi
