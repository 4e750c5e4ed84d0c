# Each target sets up what it needs: a virtual environment in .venv with pip, from the pins in constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCHMARKS := overhead plan validation compare generation hosted_answers hosted_jobs statistics diagnosis training sweep

.PHONY: help quickstart test test-faults slow live reproduce check bench clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "make: needs Python 3.11 to 3.13, found $$($(PYTHON) --version); name another with: make PYTHON=python3.12"; exit 1; }
	@echo "setting up $(VENV): about 0.8 GB to download where torch comes as a CPU build, 3 GB where as a CUDA build (see README.md)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[local,dev]'
	@echo "compiling, so that the first start isn't slow"
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $(READY)

quickstart: $(READY)  ## a real small model learns; minutes, no key, no GPU
	$(BIN)/ftexp model fetch smollm2-135m
	$(BIN)/ftexp run experiment=quickstart

test: $(READY)  ## the quick tests, no key and no network
	$(BIN)/python -m pytest

test-faults: $(READY)  ## kill runs at each of their points, let services fail; about half an hour
	$(BIN)/python -m pytest -m faults tests/faults

slow: $(READY)  ## the tests that train the real small model
	$(BIN)/ftexp model fetch smollm2-135m
	$(BIN)/python -m pytest -m slow

live: $(READY)  ## ten examples trained with a real key (OPENAI_API_KEY), for less than a dollar; LIVE_MODEL names another of conf/model
	$(BIN)/python -m pytest -s -m live tests/test_live.py

reproduce: $(READY)  ## a record of experiments/ made again and verified: make reproduce NAME=quickstart
	@test -n "$(NAME)" || { echo "make: name a record, as in: make reproduce NAME=$$(ls experiments | grep -v README | head -n 1)"; exit 2; }
	$(BIN)/ftexp model fetch smollm2-135m
	$(BIN)/ftexp reproduce $(NAME) --verify

check: $(READY)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)  ## every benchmark, against its peer
	$(BIN)/ftexp model fetch smollm2-135m
	for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py || exit 1; done

clean:  ## remove the environment and caches, not results
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
