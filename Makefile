# demo, test, bench, lint: each works on a fresh machine.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check
VOICE  ?= $(HOME)/.cache/village-notice/voice
OUT    ?= evidence
export VILLAGE_VOICE_FOLDER := $(VOICE)

# pip's index is the machine's own setting; hashes in the lock files hold what it gives.
.PHONY: help demo test bench faults powercut fleet soak cluster voice lint format lock clean packages-demo packages-test test-types test-enrol test-postgres
help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: packages-demo $(VENV)/.installed $(VOICE)/.fetched   ## a county hub and two villages on this desk; ONCE=1 OUT=dir [NOTICES=file.json] plays the story alone
	@$(BIN)/village-hub demo $(if $(ONCE),--once --out "$(OUT)") $(if $(NOTICES),--notices "$(NOTICES)")

test: packages-test $(VENV)/.tools $(VOICE)/.fetched   ## all tests, headless Chromium and Mosquitto included
	$(BIN)/ruff check .
	@echo "类型、入网、PostgreSQL 并行，几分钟 types, enrolment and PostgreSQL beside each other: some minutes"
	@$(MAKE) --no-print-directory -k -j 2 --output-sync=target test-postgres test-types test-enrol
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore tests/hub/enrol --ignore tests/hub/on_postgres

# Beside each other, each printed as a whole when it has ended; `test` has made what they need.
test-types:
	$(BIN)/mypy
test-enrol:
	$(BIN)/pytest tests/hub/enrol  # its web server needs the database for itself
test-postgres:
	$(BIN)/python -m tests.with_postgres tests/hub/on_postgres tests/hub/dispatch tests/hub/sealing tests/hub/ledger

bench: packages-test $(VENV)/.tools $(VOICE)/.fetched  ## side-by-side measurements, printed as ratios
	@for script in bench/*.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python $$script || exit 1; done

faults: packages-test $(VENV)/.tools   ## every row of the fault matrix, as a table in TABLE=faults.md; SHORT=1 for small doses
	@$(BIN)/python -m faults $(if $(SHORT),--short) --out "$(or $(TABLE),faults.md)"

powercut: packages-test $(VENV)/.tools   ## power cuts at block level in qemu: a thousand states (root; see docs/faults.md)
	@$(BIN)/python -m faults.powercut

fleet: packages-test $(VENV)/.tools   ## 2,000 simulated boxes against the real hub and broker
	@$(BIN)/python -m bench.fleet

soak: packages-test $(VENV)/.tools   ## an hour of two thousand boxes with a fault a minute, in TABLE=soak.md (BOXES=60 for fewer)
	@$(BIN)/python -m bench.fleet --boxes $(or $(BOXES),2000) --soak-only --soak-s 3600 --table "$(or $(TABLE),soak.md)"

cluster: packages-test $(VENV)/.tools   ## hub and boxes through aedes nodes on Redis, with faults (Node 20 and redis-server)
	@npm ci --silent --prefix bench/cluster
	@$(BIN)/python -m bench.cluster

voice: $(VOICE)/.fetched   ## the Mandarin voice, and the stock phrases that boxes carry
	@$(BIN)/python -m edge_agent.audio.voices.stock --into "$(VOICE)/stock" --model "$(VOICE)"

lint: $(VENV)/.tools   ## ruff and mypy, as CI runs them
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.tools   ## ruff's formatter
	$(BIN)/ruff format .

clean:           ## remove the environment, what the demo wrote and every cache
	rm -rf $(VENV) var evidence .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

packages-demo:
	@sh provisioning/debian/install.sh demo
packages-test:
	@sh provisioning/debian/install.sh test

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "建立 Python 环境 making the Python environment"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements.lock
	@$(INSTALL) --no-deps -e .
	@touch $@

$(VENV)/.tools: $(VENV)/.installed requirements-dev.lock
	@echo "安装测试工具 installing the tools of the tests"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

$(VOICE)/.fetched: | $(VENV)/.installed
	@echo "取语音模型 fetching the Mandarin voice"
	@$(BIN)/python -m edge_agent.audio.voices.fetch --into "$(VOICE)"
	@touch $@

lock:            ## pin the versions that pyproject.toml allows (needs uv)
	uv pip compile pyproject.toml --extra edge --extra hub --extra voice --universal --generate-hashes --python-version 3.11 --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --all-extras -c requirements.lock --universal --generate-hashes --python-version 3.11 --no-header -q -o requirements-dev.lock
