#!/usr/bin/env bash
# Renew requirements.lock: the newest versions that fit pyproject.toml, for every platform the engine runs on.
# pandas stays below 3 because the hydraulic simulators of the extra "proof" do; the core is tested on 3 too.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python -m pip install -q uv
{
    echo "# The versions ParkLoop is tested with; use as constraints: pip install -c requirements.lock ."
    .venv/bin/python -m uv pip compile -q --universal --python-version 3.11 --upgrade --no-annotate --no-header \
        --extra dev --constraint <(echo "pandas<3") pyproject.toml - <<< "uv"
} > requirements.lock.new
mv requirements.lock.new requirements.lock
