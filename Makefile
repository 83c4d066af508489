# Everything on a machine that has only python3, pip, make and apt. Each step leaves a stamp in .venv, so that
# a second call costs nothing. VENV, PYTHON and PYTEST_ARGS may be given on the command line.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
PYTHON ?= python3
# Two more than our machines have cores: the two long tests of the crash suite, with which two begin, mostly wait.
PYTEST_ARGS ?= -n 4 --dist worksteal

# uv works in our environment alone and never fetches an interpreter of its own.
UV := UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(VENV)/bin/uv
INSTALL := $(UV) pip install --quiet --require-hashes --no-build
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

PO := $(wildcard service/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)

# $(call retry,COMMAND): a download may fail for a moment; five tries, then it is an error.
retry = for try in 1 2 3 4 5; do if $(1); then break; fi; \
	if [ $$try = 5 ]; then echo "Gave up after five tries." >&2; exit 1; fi; \
	echo "That failed; trying again in $$((try * 3)) s." >&2; sleep $$((try * 3)); done

.PHONY: help setup setup-dev browser run test soak bench lint audit format lock messages screenshots check-deploy clean

help: ## Show what make can do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: $(VENV)/.package messages ## Set up the product in .venv
setup-dev: setup $(VENV)/.dev ## Set up the tests' and linters' tools as well

run: setup ## Serve everything on http://127.0.0.1:8000
	$(VENV)/bin/amanba serve --host 127.0.0.1 --port 8000

# Without its bytecode each of the many processes that tests start would compile all modules anew.
test soak: export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode
test soak: export PYTHONDONTWRITEBYTECODE :=

test: setup-dev browser ## Run all tests
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

soak: setup-dev ## Run the long proofs
	TEST_OPENINGS=10000 TEST_EVERY_WAY=1 TEST_CAPTOR=1 TEST_WEEKS=10000 $(VENV)/bin/python -m pytest $(PYTEST_ARGS) \
		tests/web/test_scanners.py tests/browser/test_every_page.py tests/browser/test_captor.py \
		tests/browser/test_people_get_in.py tests/core/test_forgetful.py
	TEST_EVERY_WAY=1 $(VENV)/bin/python -m pytest $(PYTEST_ARGS) -k postgresql tests/usecases tests/web
	TEST_BURST=10000 TEST_FLOOD=100000 TEST_STORM=1000 $(VENV)/bin/python -m pytest tests/usecases/test_burst.py \
		tests/outage/test_flood.py tests/outage/test_storm.py
	TEST_SLOW=10000 $(VENV)/bin/python -m pytest -s tests/usecases/test_budgets.py
	TEST_FUZZ=25 $(VENV)/bin/python -m pytest tests/web/test_api_description.py
	TEST_TIMING=300 $(VENV)/bin/python -m pytest -s tests/web/test_known_and_unknown.py
	TEST_TIMING=1 $(VENV)/bin/python -m pytest -s tests/scenarios/test_timing.py tests/scenarios/test_rotation.py
	TEST_TWINS=300 $(VENV)/bin/python -m pytest -s tests/scenarios/test_twins.py
	TEST_KILLS=200 $(VENV)/bin/python -m pytest -s tests/crash/test_kills.py
	TEST_UPGRADE=1 $(VENV)/bin/python -m pytest tests/replicas/test_upgrade.py

bench: export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode
bench: export PYTHONDONTWRITEBYTECODE :=
bench: setup-dev ## Measure the engine on this machine (half an hour; nothing else should run)
	$(VENV)/bin/python -m tests.bench $(BENCH_ARGS)

check-deploy: setup-dev $(VENV)/.tools ## Check what deploy/ holds with the tools that read it
	PATH="$(CURDIR)/$(VENV)/tools/usr/bin:$$PATH" deploy/check $(VENV)

lint: setup-dev ## Check style, types and the direction of imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	@# It warns of every part of a statement with a reason in which it has found nothing.
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive service notifiers \
		2> >(grep -v 'nosec encountered .* but no failed test' >&2)

audit: setup-dev ## Ask for known vulnerabilities of what is locked
	@$(VENV)/bin/python -m tests.advisories

format: setup-dev ## Format the code and sort imports
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

messages: $(MO) ## Compile the message catalogs

screenshots: setup-dev browser ## Take the pictures of the pages
	$(VENV)/bin/python tests/browser/screenshots.py

lock: $(VENV)/.bootstrap ## Resolve all requirements anew
	@$(call retry,printf 'setuptools>=77\nuv\n' | $(COMPILE) --upgrade -o requirements-bootstrap.txt -)
	@$(call retry,$(COMPILE) --upgrade -o requirements.txt pyproject.toml)
	@$(call retry,$(COMPILE) --upgrade --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml)

clean: ## Remove what make made
	rm -rf $(VENV) build dist amanba.egg-info $(MO)

# The system's own pip fills the new environment; where that pip cannot, venv brings its own.
$(VENV)/.bootstrap: requirements-bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Amanba needs Python 3.11 or later; $(PYTHON) is older. Try make PYTHON=python3.11" >&2; exit 1; }
	@[ -x $(VENV)/bin/python ] || $(PYTHON) -m venv --without-pip $(VENV)
	@if $(PYTHON) -m pip --python $(VENV)/bin/python --version >/dev/null 2>&1; \
		then pip="$(PYTHON) -m pip --python $(VENV)/bin/python"; \
		elif $(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(VENV)/bin/python -m ensurepip --upgrade; \
		then pip="$(VENV)/bin/python -m pip"; \
		else echo "Amanba's set-up needs pip: apt-get install python3-pip" >&2; exit 1; fi; \
	$(call retry,$$pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		-r requirements-bootstrap.txt)
	@touch $@

$(VENV)/.product: requirements.txt $(VENV)/.bootstrap
	@echo "Installing the product's requirements into $(VENV)."
	@$(call retry,$(INSTALL) -r requirements.txt)
	@touch $@

# Editable and offline: the program runs from this tree.
$(VENV)/.package: pyproject.toml $(VENV)/.product
	@$(UV) pip install --quiet --offline --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.product
	@echo "Installing the tests' and linters' requirements into $(VENV)."
	@$(call retry,$(INSTALL) -r requirements-dev.txt)
	@touch $@

# Unpacked beside our own, not installed: a proxy and a monitor that were installed would start here.
$(VENV)/.tools: $(VENV)/.bootstrap
	@mkdir -p $(VENV)/tools; \
	for need in caddy:caddy promtool:prometheus systemd-analyze:systemd; do \
		command -v $${need%:*} >/dev/null && continue; \
		if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
			echo "This needs $${need%:*}, of Debian's package $${need#*:}." >&2; exit 1; fi; \
		if [ $$need = systemd-analyze:systemd ]; then get="apt-get -qq install -y --no-install-recommends systemd"; \
		else get="(cd $(VENV)/tools && apt-get -qq -o APT::Sandbox::User=root download $${need#*:})"; fi; \
		$(call retry,apt-get -qq update && eval "$$get" >/dev/null); \
	done; \
	for package in $(VENV)/tools/*.deb; do [ ! -e "$$package" ] || { dpkg -x "$$package" $(VENV)/tools; rm "$$package"; }; done
	@touch $@

browser:
	@if command -v chromium >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "The browser tests need Chromium: run apt-get install chromium as root, then this again." >&2; exit 1; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	$(call retry,apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core \
		>/dev/null)

%.mo: %.po $(VENV)/.product
	$(VENV)/bin/pybabel --quiet compile --input-file $< --output-file $@
