# Every command there is; CI calls these and nothing else.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# Half as many again as there are cores: much of what is tested is other processes, for which a test waits.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) * 3 // 2)")

.PHONY: help demo test check lint types docs format bench plans simulate register-trial soak bugs live peers peers-sdk pictures lock clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -q --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

demo: .venv/.ready ## the whole story on this machine: service, simulated platform, pretend phone
	$(BIN)/medlem demo

test: .venv/.ready ## everything that must hold, in one run
	tools/browser >/dev/null
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term:skip-covered --durations=15

check: lint types docs ## format, lint, import contracts, dead code, types, and documentation held to the code

lint: .venv/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python tools/clubs_in_sql.py
	$(BIN)/vulture

types: .venv/.ready
	$(BIN)/mypy

docs: .venv/.ready
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_*.py tests/simulator/test_documentation.py

format: .venv/.ready ## put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.ready ## figures, measured here and now; ONLY=scan measures one
	$(BIN)/python bench/run.py $(ONLY)

plans: .venv/.ready ## count the work of every statement in a club of MEMBERS, with as many rows in each table
	MEMBERS=$(or $(MEMBERS),1000000) $(BIN)/python -m pytest -q -p no:cacheprovider -n 0 tests/storage/test_work.py

simulate: .venv/.ready ## live through SEEDS worlds in which everything goes wrong, and judge them
	$(BIN)/python -m trials.simulate --seeds $(or $(SEEDS),100) --seed $(or $(SEED),1) --jobs $(or $(JOBS),1)

register-trial: .venv/.ready ## let a town of PEOPLE live for years against the register; SEED, SEEDS, DATABASE=postgresql
	PYTHONPATH=tests $(BIN)/python -m trials.register --seed $(or $(SEED),1) --seeds $(or $(SEEDS),1) --people $(or $(PEOPLE),10000) --database $(or $(DATABASE),sqlite)

bugs: .venv/.ready ## put known bugs back, one at a time: the simulation must catch each; ONLY=stale-lease-wins tries one
	$(BIN)/python -m trials.catch $(ONLY) --jobs $(or $(JOBS),1)

soak: .venv/.ready ## kill real processes for MINUTES while a shop goes on, and judge them
	PYTHONPATH=tests $(BIN)/python -m trials.soak --minutes $(or $(MINUTES),20) $(if $(SEED),--seed $(SEED))

live: .venv/.ready ## hold the platform's own test environment to its pages, with your keys; says so when it has none
	@PYTHONPATH=tests $(BIN)/python -m documented.live

peers-sdk: .venv/.ready ## run the platform vendor's own SDK against the simulator (needs Node.js)
	@$(BIN)/python tools/peers_sdk/run.py

peers: .venv/.ready ## hold client and service to the standard, against npm's oidc-provider; needs node and npm
	PYTHONPATH=tests $(BIN)/python -m peers

pictures: .venv/.ready ## take the pictures of docs/pictures anew
	tools/fonts
	$(BIN)/python tools/pictures.py
	$(BIN)/python tools/pictures_phone.py
	$(BIN)/python tools/pictures_page.py

# With extras, as `coverage[toml]`: without, pip takes a newer version of those than the lock has, and then refuses it.
lock: ## write requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -o requirements.lock

clean: ## remove everything that make has made
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* .schemathesis medlem-demo
