# The commands of the house. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
DISTRIBUTIONS := shared services/billing services/metering services/payments services/notifications services/gateway
LOCKS := requirements.lock requirements-dev.lock
STAMP := .venv/installed-$(shell cat $(LOCKS) $(DISTRIBUTIONS:%=%/pyproject.toml) | sha256sum | cut -c1-16)
PYTEST := $(BIN)/python -m pytest
.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done

.PHONY: install
install: $(STAMP) ## make .venv with the pinned libraries and the six distributions

$(STAMP):
	deploy/setup/venv.sh .venv
	$(BIN)/pip install --quiet --require-hashes $(LOCKS:%=-r %)
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat $(DISTRIBUTIONS:%=-e %) 2>&1 \
		| { grep -E '^ERROR' || true; }
	$(BIN)/python -c 'import aimak, aimak_billing, aimak_metering, aimak_payments, aimak_notifications, aimak_gateway'
	$(BIN)/python -m compileall -q shared services
	rm -f .venv/installed-*
	touch $@

.PHONY: run
run: install ## a whole month of the sample town in one process, with a summary
	$(BIN)/python examples/town/run_month.py

.PHONY: test
test: install ## run all tests, or those of one path: make test T=tests/unit/shared
	deploy/setup/test-packages.sh
	$(PYTEST) $(if $(T),-n 0 $(T),-n 2 --dist loadgroup -m "not faults" tests)

.PHONY: up
up: install ## start the servers runtime on this machine: RabbitMQ, PostgreSQL, five services
	deploy/setup/test-packages.sh
	$(BIN)/python deploy/local/servers.py up

.PHONY: down
down: ## end what `make up` started
	$(BIN)/python deploy/local/servers.py down

.PHONY: lint
lint: install ## style, types, import directions, spelling, whole numbers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell $$(git ls-files -co --exclude-standard)
	$(BIN)/python -m tools.lint

.PHONY: format
format: install ## bring the code into the one form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: lock
lock: install ## resolve requirements*.in again; LOCK=--upgrade takes what is newest
	deploy/setup/lock.sh $(LOCK)

.PHONY: simulate
simulate: install ## seeded histories until stopped; SEED=n replays one
	@seed=$(or $(SEED),$$RANDOM); while echo "== seed $$seed"; do \
		$(PYTEST) -n 0 -q --hypothesis-seed=$$seed tests/simulation/test_histories.py; \
		[ -z "$(SEED)" ] || break; seed=$$((seed + 1)); done

.PHONY: simulate-books
simulate-books: install ## corrections in any order, checked after every step: make simulate-books STEPS=200000; SEED=n replays one
	$(BIN)/python -m tests.simulation.bookkeeping.marathon $(if $(SEED),--seed $(SEED),--steps $(or $(STEPS),200000))

.PHONY: faults
faults: install ## kill processes and servers at random moments of a month
	deploy/setup/test-packages.sh
	$(PYTEST) -n 0 tests/faults tests/simulation/test_bookkeeping_mutants.py

.PHONY: faults-at-size
faults-at-size: install ## preview and issue of a large town, undisturbed and with ten kills: make faults-at-size N=1000000 SEED=1
	deploy/setup/test-packages.sh
	$(BIN)/python -m tests.faults.at_size $(N) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz
fuzz: install ## the property tests, with fresh and many examples
	$(PYTEST) -n 2 --hypothesis-profile=long tests/unit tests/contract

.PHONY: bench
bench: install ## billing at scale against COPY of the same rows: make bench N="100000 1000000"
	deploy/setup/test-packages.sh
	$(BIN)/python benchmarks/billing.py $(N)

.PHONY: bench-rating
bench-rating: install ## rating alone, in memory: make bench-rating N=1000000
	$(BIN)/python benchmarks/rating.py $(N)

.PHONY: bench-simulate
bench-simulate: install ## a draft tried on a year of a town: make bench-simulate N="100000 1000000"
	deploy/setup/test-packages.sh
	$(BIN)/python benchmarks/simulate.py $(N)

.PHONY: bench-ledger
bench-ledger: install ## reports, an account's answer and the day's close at scale: make bench-ledger N=1000000
	deploy/setup/test-packages.sh
	$(BIN)/python benchmarks/ledger.py $(N)

.PHONY: bench-paper
bench-paper: install ## bills to PDF, a second: make bench-paper N=20000
	$(BIN)/python benchmarks/paper.py $(N)

.PHONY: guide
guide: install ## run the bookkeeper's month and write its guide in three languages with what was printed
	$(BIN)/python -m tools.docs.bookkeeper

.PHONY: docs
docs: install ## write the pages that are made from the code
	$(BIN)/python -m tools.docs
	$(BIN)/python -m aimak_billing.tariff_file > docs/tariffs.schema.json

.PHONY: deploy-check
deploy-check: install ## build the image on a bare Debian and run a small month in containers
	deploy/setup/deploy-packages.sh
	deploy/check.sh

.PHONY: clean
clean: ## remove what install, tests and runs made
	rm -rf .venv .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache out build
	find shared services -name '*.egg-info' -prune -exec rm -rf {} +
	find . -name __pycache__ -prune -exec rm -rf {} +
