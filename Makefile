# The only commands anyone types. CONTRIBUTING.md says more about each.
#
#   make run                 the whole shop at http://localhost:8000 (PORT=8001 moves it)
#   make test                every test; T=tests/commerce/cart narrows it
#   make check               everything that is checked without running the shop
#   make bench               benchmarks
#   make prove               break the running shop on purpose and count what is lost (some minutes);
#                            LONG=1 runs every drill large, MINUTES=60 takes so long
#   make stop                end what `make run` and `make test` left running
#   make requirements        pin the requirements afresh

SHELL := /bin/sh
PYTHON ?= python3
PORT ?=
T ?= tests
BIN := .venv/bin

# `make PYTHON=python3.12` is for the environment's birth only; everything below uses what it made.
export PORT

.PHONY: run test check bench prove stop requirements venv
.DEFAULT_GOAL := run

venv:
	@$(PYTHON) devtools/venv.py

run: venv
	@exec $(BIN)/python -m devtools.run

# One process per core, at most eight: each has a database of its own to make.
test: venv
	@$(BIN)/python -m pytest --create-db \
		$(if $(findstring ::,$(T)),,--numprocesses=auto --maxprocesses=8 --dist=loadfile) $(T)

check: venv
	@$(BIN)/python -m devtools.check

bench: venv
	@$(BIN)/python -m bench

prove: venv
	@$(BIN)/python -m devtools.prove $(if $(LONG),--long) $(if $(TIME),--time $(TIME)) $(if $(MINUTES),--time $(MINUTES)m) \
		$(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")

stop:
	@test ! -x $(BIN)/python || $(BIN)/python -m devtools.run --stop
	@test ! -x $(BIN)/python || $(BIN)/python -m devtools.embedded stop

UV ?= uv
PIN := UV_CUSTOM_COMPILE_COMMAND="make requirements" $(UV) pip compile --quiet \
	--universal --python-version 3.11 --generate-hashes
requirements:
	@command -v $(UV) >/dev/null || { echo "Install uv first, or name it: make requirements UV=/path/to/uv" >&2; exit 1; }
	$(PIN) requirements/base.in --output-file requirements/base.txt
	$(PIN) requirements/dev.in --constraint requirements/base.txt --output-file requirements/dev.txt
