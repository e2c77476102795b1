# `make help` lists what there is to do. Everything runs in its own virtual environment, .venv.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501

.DEFAULT_GOAL := help
.PHONY: help run test check prove bench docs screens clean

help: ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: .venv/.run ## Start the dashboard, with the sample portfolio if nothing is loaded yet
	$(BIN)/python -m pipelines demo
	$(BIN)/python -m streamlit run dashboard.py --server.port $(PORT)

test: .venv/.dev check ## Run all that must pass (browser tests need Chromium)
	$(BIN)/python -m pytest -m "not prove" -n 4 --dist loadfile --no-loadscope-reorder

check: .venv/.dev ## Lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

prove: .venv/.dev ## Run the long proofs; their output is kept in docs/proofs.md
	$(BIN)/python -m tests.prove

bench: .venv/.dev ## Measure against baselines in one run; figures are kept in docs/performance.md
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.browser
	$(BIN)/python -m tests.bench.gate
	$(BIN)/python -m tests.bench.levelling
	$(BIN)/python -m tests.bench.selection
	$(BIN)/python -m tests.bench.whatif

docs: .venv/.run ## Write the data dictionary from the contracts, and the rules from rules.yaml
	$(BIN)/python -m pipelines dictionary > docs/data-dictionary.md
	$(BIN)/python -m pipelines rules --markdown > docs/rules.md

screens: .venv/.dev ## Take the pictures of every page that the docs show
	RIGHTWORK_SCREENS=docs/screens $(BIN)/python -m pytest -q tests/browser/test_screens.py

clean: ## Remove the virtual environment and caches (never the warehouse)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Rightwork needs Python 3.11 or newer; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch .venv/.run $@
