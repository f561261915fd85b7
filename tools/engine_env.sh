#!/usr/bin/env bash
# Make or refresh an environment of the engine. Usage: engine_env.sh FOLDER locked|oldest
# Nothing is done where pyproject.toml, the lock and this script are as they were when it was made.
set -euo pipefail
folder=$1 versions=$2
cd "$(dirname "$0")/.."
stamp=$(cat pyproject.toml requirements.lock tools/engine_env.sh metadata.txt | sha256sum | cut -d' ' -f1)-$versions-$(pwd)
[ -f "$folder/.stamp" ] && [ "$(cat "$folder/.stamp")" = "$stamp" ] && exit 0

python=""
for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "ParkLoop's engine needs Python 3.11 or newer and found none. Install python3.11 and python3.11-venv, then try again." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    bash tools/system_packages.sh python3-venv
fi
echo "Setting up the engine in $folder: this takes a minute or two, and only this once."
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
rm -f "$folder/.stamp"
export PIP_DISABLE_PIP_VERSION_CHECK=1
if [ "$versions" = oldest ]; then
    "$folder/bin/python" -m pip install -q -c requirements.lock uv
    "$folder/bin/python" -m uv pip install -q --python "$folder/bin/python" --resolution lowest-direct -e .
    "$folder/bin/python" -m pip install -q pytest pytest-timeout pytest-xdist hypothesis 'click>=8.2'  # whose test runner keeps stderr apart
    "$folder/bin/python" -m compileall -q "$folder/lib" || true  # uv does not, and every start would where Python may not write
else
    "$folder/bin/python" -m pip install -q -c requirements.lock -e '.[dev]'
fi
echo "$stamp" > "$folder/.stamp"
