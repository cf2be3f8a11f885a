# Everything a newcomer needs: `make sandbox` and `make test`. Nothing but Python with venv is assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := bot commands integrations sandbox infra tests benchmarks

.DEFAULT_GOAL := help
.PHONY: alone help sandbox demo drill check check-infra test golden lock migration programs clean

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

programs: ## On Debian as root: install the system programs the sandbox and the tests use
	@sh tests/install-programs

sandbox: $(READY) programs ## Run the bot in a complete local world and open it in a browser
	@$(BIN)/credlink sandbox --open

demo: $(READY) programs ## The whole story without a browser, at a fast pace
	@$(BIN)/python -m sandbox.demo

drill: $(READY) programs ## Drive every shipped alert to fire into a card, in about six minutes
	@$(BIN)/python -m sandbox.drill

check: $(READY) ## Format, lint, types and import contracts
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

check-infra: $(READY) programs ## infra/ and docs/runbooks by the tools of those who read them
	@sh infra/checks/tools/install
	$(BIN)/python -m infra.checks

test: check check-infra ## Both checks, then every test: what CI runs
	$(BIN)/pytest --numprocesses 3 --no-loadscope-reorder --durations 30 --durations-min 4 || $(MAKE) --no-print-directory alone

# What failed beside others gets one more try by itself: two at once starve each other on a small
# machine. What fails alone fails.
alone:
	$(BIN)/pytest $$($(BIN)/python -m tests.failed_tests)

golden: $(READY) ## Write the golden files anew; read the diff like code
	CREDLINK_GOLDEN=write $(BIN)/pytest -q -k golden

lock: $(READY) ## Resolve the dependencies anew, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

migration: $(READY) ## Write the next migration: make migration DOES="add a column"
	$(BIN)/python -m tests.storage.write_migration "$(DOES)"

clean: ## Take away what make made
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
