# Every target makes its own virtual environment (.venv) and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# npm writes this last; from the lock file exactly, without a browser of its own, and one at a time
# (bot/worker_needs.py locks the same file).
WORKER := worker_node/node_modules/.package-lock.json
PORT ?= 8800
FILES ?= 10000
SEED ?= 1
TOUR ?= yes

.PHONY: demo run test s3 check bench bench-peers browser-test crash-test fuzz audit clean help

help:
	@echo "make demo          the whole product on this machine, with simulated Telegram and phones (PORT=$(PORT), TOUR=no)"
	@echo "make run           the real bot; asks for the BotFather token the first time"
	@echo "make test          every test (PostgreSQL, browser and worker suites too, where those are installed)"
	@echo "make browser-test  only the suites that drive Chromium"
	@echo "make crash-test    kill, freeze, cut off, fill the disk, set the clock (ROUNDS=200 SEED=1 DB=sqlite|postgres);"
	@echo "                   without ROUNDS: 20 rounds on each, and ten kills of each over WhatsApp Web and the official channel"
	@echo "make fuzz          FILES=$(FILES) broken and hostile files of SEED=$(SEED) through the reader of uploads"
	@echo "make audit         known vulnerabilities in what we depend on, where the registries tell them"
	@echo "make check         ruff, mypy, import contracts, dependency hygiene, the worker's types"
	@echo "make bench         measurements and which limits hold, also written to build/bench.json"
	@echo "make bench-peers   the same campaign through RQ, arq, taskiq, Celery and Procrastinate, also written to build/bench-peers.json"

$(STAMP): pyproject.toml constraints.txt
	@echo "Installing what MassSender is made of: once, one to three minutes."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade -c constraints.txt pip
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt --group dev -e .
	@touch $(STAMP)

# A real S3 server for the tests, with packages of its own: they need older ones than ours.
S3 := $(VENV)/s3/.installed
$(S3): tests/s3/requirements.txt $(STAMP)
	$(PYTHON) -m venv $(VENV)/s3
	$(VENV)/s3/bin/python -m pip install -qq --disable-pip-version-check --no-deps -r tests/s3/requirements.txt
	@touch $@

$(WORKER): worker_node/package-lock.json
	cd worker_node && PUPPETEER_SKIP_DOWNLOAD=1 $$(command -v flock >/dev/null && echo flock package.json) npm ci --no-audit --no-fund
	@touch $@

demo: $(STAMP)
	$(BIN)/masssender demo --port $(PORT) $(if $(filter no,$(TOUR)),--no-tour,--tour)

# WhatsApp Web needs Node.js 20; everything else does not.
run: $(STAMP)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(WORKER) || true; \
	else echo "Node.js with npm is not installed: numbers cannot be linked over WhatsApp Web (apt install nodejs npm chromium)."; fi
	$(BIN)/masssender run

s3: $(S3)

test: $(STAMP) $(S3)
	$(BIN)/python -m tests.everything

browser-test: $(STAMP)
	$(BIN)/python -m pytest -s tests/browser

crash-test: $(STAMP)
	$(BIN)/python -m tests.crash.rounds $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) $(if $(DB),--db $(DB))
ifeq ($(ROUNDS),)
	MASSSENDER_WEB_KILLS=10 MASSSENDER_OFFICIAL_KILLS=10 MASSSENDER_OFFICIAL_PEOPLE=20000 \
	$(BIN)/python -m pytest -s -m crash tests/crash
endif

fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz --files $(FILES) --seed $(SEED)

audit: $(STAMP)
	$(BIN)/python -m tests.audit

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m tests.secrets
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(WORKER) && cd worker_node && npm run --silent check; \
	elif [ -n "$$CI" ]; then echo "CI needs npm."; exit 1; \
	else echo "npm is not installed: the worker's types are not checked (apt install nodejs npm)."; fi

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

# What we are measured beside, with an environment of its own: nothing of it is needed otherwise.
PEERS := $(VENV)/peers/.installed
$(PEERS): $(STAMP)
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install -qq --disable-pip-version-check --upgrade -c constraints.txt pip
	$(VENV)/peers/bin/python -m pip install -qq --disable-pip-version-check -c constraints.txt --group peers
	@touch $@

# It needs an older redis than the others take.
ARQ := $(VENV)/arq/.installed
$(ARQ): tests/benchmarks/peers/arq-requirements.txt $(STAMP)
	$(PYTHON) -m venv $(VENV)/arq
	$(VENV)/arq/bin/python -m pip install -qq --disable-pip-version-check --no-deps -r tests/benchmarks/peers/arq-requirements.txt
	@touch $@

# Redis and PostgreSQL are started by it, where they are installed (apt install redis-server postgresql).
bench-peers: $(PEERS) $(ARQ)
	$(BIN)/python -m tests.benchmarks.peers

clean:
	rm -rf build .venv
