# Two commands matter: `make run` and `make test`. Each sets up what is missing and is quick the second time.
.PHONY: install run test lint bench gpu-check verify screenshots clean system system-test install-test

PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/pip --disable-pip-version-check -qq
# Runtime: libseccomp filters system calls, graphviz draws models, fontconfig and a font label plots.
PACKAGES := libseccomp2 graphviz fonts-dejavu-core
# Debian keeps what makes virtual environments in a package of its own.
PACKAGES += $(shell $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv)
# Tests: a browser for the pages, bubblewrap as the yardstick of the benchmarks, wrk to load the pages.
TEST_PACKAGES := chromium bubblewrap fonts-noto-cjk wrk

install: system $(VENV)/.installed

run: install
	@$(VENV)/bin/lobby serve $(ARGS)

test: install-test
	$(VENV)/bin/python -m pytest $(ARGS)

lint: install-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/codespell README.md SECURITY.md CHANGELOG.md docs data

# All code of data/ on every backend; what has passed already is left out.
verify: install
	$(VENV)/bin/lobby kb verify --backend all --changed $(ARGS)

bench: install-test
	$(VENV)/bin/python -m tests.benchmarks $(ARGS)

# The sandbox on a real GPU; status 3 and one line where there is none. Frameworks with CUDA: docs/gpu.md.
gpu-check: install
	@$(VENV)/bin/python -c 'import pynvml' 2>/dev/null || $(PIP) install -c constraints.txt 'nvidia-ml-py'
	@$(VENV)/bin/python -m tests.benchmarks.gpu_check

screenshots: install-test
	$(VENV)/bin/python -m tests.bot.web.screenshots

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

install-test: install system-test $(VENV)/.installed-test

# setuptools comes first and build isolation is off, so that what builds the package is pinned like everything else.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lobby needs Python 3.11 or newer; name one: make PYTHON=python3.11"; exit 3; }
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing Lobby into $(VENV); the first time this takes some minutes."
	@$(PIP) install -c constraints.txt setuptools wheel
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[discord,matrix]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing what the tests need."
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[discord,matrix,test,lint]'
	@touch $@

system:
	@$(call debian,$(PACKAGES))

system-test:
	@$(call debian,$(TEST_PACKAGES))

# Install the Debian packages that are missing when root; otherwise say in one line which.
define debian
missing=""; for package in $(1); do \
  dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; done; \
if [ -n "$$missing" ]; then \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "Installing Debian packages:$$missing"; \
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing; } >/dev/null \
      || { echo "Could not install:$$missing. Install them by hand and call again."; exit 3; }; \
  else echo "Please install, then call again: sudo apt-get install$$missing"; exit 3; fi; \
fi
endef
