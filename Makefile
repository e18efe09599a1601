PYTHON ?= python

.PHONY: install check format test

install:  ## this project, its tests and its tools, into the active environment
	$(PYTHON) -m pip install -e ".[dev]"

check:  ## lint, format and types, as CI runs them
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

format:  ## put lint and format right where that can be done by machine
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

test:  ## the whole test suite, the built wheel included
	$(PYTHON) -m pytest -n auto
