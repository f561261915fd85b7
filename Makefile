# make demo and make test are all that a newcomer types; each sets up what it needs.
SHELL := /bin/bash
ENGINE := .venv/bin/python
OUT := out
# a file stays with one process, for the results its tests share
SLOWEST := tests/package/test_setup.py
PARALLEL := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-core test-oldest test-plugin test-qgis test-package lint format package bench screenshots docs qgis env lock clean

demo: env  ## the whole analysis on the embedded park
	@mkdir -p $(OUT)
	@$(ENGINE) -m parkloop demo -o $(OUT)/demo-$$(date +%Y%m%d-%H%M%S)

test: test-core test-oldest test-plugin  ## every ring

env:
	@bash tools/engine_env.sh .venv locked

env-oldest:
	@bash tools/engine_env.sh .dev/oldest oldest

env-browser:
	@bash tools/system_packages.sh chromium fonts-noto-cjk || echo "Tests in a browser will be skipped."

env-qgis:
	@bash tools/system_packages.sh qgis python3-qgis qgis-providers xvfb python3-venv fonts-noto-cjk imagemagick poppler-utils
	@bash tools/qgis_env.sh .venv-qgis

test-core: env env-browser  ## the engine, without QGIS
	$(ENGINE) -m pytest tests/core $(PARALLEL)

test-oldest: env-oldest  ## the engine on the oldest versions it allows
	.dev/oldest/bin/python -m pytest tests/core $(PARALLEL) -m "not newest and not again" -W default

test-plugin: env env-qgis  ## both rings in QGIS, the slowest file first
	@bash tools/qgis_tests.sh $(SLOWEST) $(filter-out $(SLOWEST),$(wildcard tests/package/test_*.py tests/qgis/test_*.py))

test-qgis: env env-qgis  ## the plugin in a real QGIS, offscreen
	@bash tools/qgis_tests.sh tests/qgis/test_*.py

test-package: env env-qgis  ## the built zip in an empty profile
	@bash tools/qgis_tests.sh tests/package/test_*.py

lint: env  ## style and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	@mkdir -p .dev && ln -sfn .. .dev/parkloop
	cd .dev && MYPYPATH=. ../.venv/bin/mypy -p parkloop.analysis -p parkloop.benchmarks

format: env
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

package: env  ## the zip for the plugin repository
	$(ENGINE) tools/build_plugin.py

bench: env  ## the whole run as parks grow; land use, links and clusters beside their peers
	$(ENGINE) -m benchmarks run
	$(ENGINE) -m benchmarks land-use
	$(ENGINE) -m benchmarks links --seed 1 2 3
	$(ENGINE) -m benchmarks clusters

screenshots: env env-qgis env-browser  ## the pictures of docs/img
	bash tools/screenshots.sh

docs: env  ## the generated pages of the schema and of the choices
	$(ENGINE) tools/schema_pages.py
	$(ENGINE) tools/choices_page.py

qgis: env env-qgis  ## open QGIS with the plugin linked into a profile of its own
	bash tools/open_qgis.sh

lock:  ## renew requirements.lock from the newest versions that fit
	bash tools/lock.sh

clean:
	rm -rf .venv .venv-qgis .dev build dist *.egg-info $(OUT)
