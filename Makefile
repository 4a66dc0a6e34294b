# Everything a developer or a fresh machine needs. `make` alone says what there is.
# Settings by environment: PORT HOST DATABASE_URL REDIS_URL DATA_DIR PYTEST_ARGS CI; simulate: SEEDS FROM DB JOBS;
# load: CLIENTS DB JOBS; chaos: MINUTES SEED DB

PYTHON ?= python3
VENV ?= .venv
BOOT = $(PYTHON) deploy/bootstrap.py
PY = $(VENV)/bin/python
# No cache folder: runs are independent of the one before. Bytecode is kept, it only saves time.
PYTEST = $(PY) -m pytest -p no:cacheprovider $(PYTEST_ARGS)

export VENV
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run install build test check lint types house vitest bench load simulate simulate-mutants chaos kill bench-pwa \
	dev lock lighthouse clean

help:
	@echo "make run       install, build, migrate, load the demo company once, serve on PORT (8000)"
	@echo "make test      check, then vitest, then pytest with real servers and a real browser"
	@echo "make check     ruff, mypy, oxlint, vue-tsc, house rules"
	@echo "make bench     figures as JSON lines, on SQLite and PostgreSQL"
	@echo "make load      a company's day of CLIENTS (10000) reference clients, on DB (postgresql)"
	@echo "make simulate  the protocol under random faults, seeded"
	@echo "make chaos     the packaged server under real faults: MINUTES SEED DB"
	@echo "make kill      a phone's browser killed at random moments of a day: MOMENTS SEED"
	@echo "make bench-pwa what a thumb waits for on a full phone at a fourth of the speed"
	@echo "make dev       Vite's server with hot reload, in front of a running \`make run\`"
	@echo "make build | install | lock | lighthouse | clean"

install:
	@$(BOOT) python
	@$(BOOT) pwa

build:
	@$(BOOT) build

run: install build
	@sh deploy/serve.sh

dev:
	@$(BOOT) npm run dev

# --- Tests ----------------------------------------------------------------

install-dev:
	@$(BOOT) python --dev
	@$(BOOT) pwa

lint: install-dev
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(BOOT) npm run --silent lint

types: install-dev
	@$(PY) -m mypy
	@$(BOOT) npm run --silent types

house: install-dev
	@$(PYTEST) -q tests/test_house.py tests/test_house_pwa.py tests/test_house_docs.py

check: lint types house

vitest: install-dev
	@$(BOOT) npm run --silent test

# pytest comes last, and its closing line is the last line of a run that went well. First the journeys, which wait for
# browsers, and behind them (what `nice` leaves) whatever may run beside others; then what is `alone`. Which is which
# says tests/conftest.py; a selection by PYTEST_ARGS may leave one of them empty (5).
BESIDE := $(shell mktemp -u)
test: install-dev
	@$(BOOT) system
	@$(BOOT) build
	@$(MAKE) -j 2 check vitest
	@nice -n 10 $(PYTEST) -n 2 --dist worksteal -m "not alone and not journey" >$(BESIDE) 2>&1 & beside=$$!; \
	$(PYTEST) -m journey; journeys=$$?; \
	echo "what ran beside the journeys is still under way"; wait $$beside; others=$$?; cat $(BESIDE); rm -f $(BESIDE); \
	for ended in $$journeys $$others; do [ $$ended -eq 0 ] || [ $$ended -eq 5 ] || exit $$ended; done
	@$(PYTEST) -m alone || [ $$? -eq 5 ]

bench: install-dev
	@$(BOOT) system
	@$(PY) -m tests.bench

load: install-dev
	@$(BOOT) system
	@$(PY) -m tests.bench.load --clients $(or $(CLIENTS),10000) --db $(or $(DB),postgresql)

simulate: install-dev
	@$(PY) -m tests.simulation --seeds $(or $(SEEDS),200) --from $(or $(FROM),1) --db $(or $(DB),sqlite) \
		--jobs $(or $(JOBS),1)

simulate-mutants: install-dev
	@$(PY) -m tests.simulation.mutants

chaos: install-dev
	@$(BOOT) system
	@$(BOOT) build
	@$(PY) -m tests.chaos --minutes $(or $(MINUTES),5) --seed $(or $(SEED),1) --db $(or $(DB),sqlite)

kill: install-dev
	@$(BOOT) system
	@$(PY) -m tests.killing --moments $(or $(MOMENTS),200) --seed $(or $(SEED),1)

bench-pwa: install-dev
	@$(BOOT) system
	@$(BOOT) build
	@$(PY) -m tests.pace

lighthouse: install-dev
	@$(BOOT) build
	@$(PY) -m tests.lighthouse

# --- Locks ----------------------------------------------------------------

LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m uv pip compile --quiet --generate-hashes --universal \
	--python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links
lock: install-dev
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@$(LOCK) deploy/requirements-node.in -o deploy/requirements-node.txt
	@PATH="$$($(BOOT) node-bin):$$PATH" $(PY) deploy/lock_npm.py

clean:
	rm -rf $(VENV) pwa/node_modules pwa/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
