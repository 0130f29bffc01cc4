# Every target makes its own virtual environment (.venv) and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PORT ?= 8800
TOUR ?= yes

.PHONY: demo run test check bench browser-test crash-test clean help

help:
	@echo "make demo          the whole product on this machine, with simulated Telegram and phones (PORT=$(PORT), TOUR=no)"
	@echo "make run           the real bot; asks for the BotFather token the first time"
	@echo "make test          every test (PostgreSQL and browser suites too, where those are installed)"
	@echo "make browser-test  only the suites that drive Chromium"
	@echo "make check         ruff, mypy, import contracts, dependency hygiene"
	@echo "make bench         measurements, also written to build/bench.json"

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade -c constraints.txt pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e .
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/masssender demo --port $(PORT) $(if $(filter no,$(TOUR)),--no-tour,--tour)

run: $(STAMP)
	$(BIN)/masssender run

test: $(STAMP)
	$(BIN)/python -m tests.everything

browser-test: $(STAMP)
	$(BIN)/python -m pytest tests/browser

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf build .venv
