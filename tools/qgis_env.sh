#!/usr/bin/env bash
# Make an environment that sees the system's QGIS and holds the test runner. Usage: qgis_env.sh FOLDER
set -euo pipefail
folder=$1
cd "$(dirname "$0")/.."
stamp=$(cat tools/qgis_env.sh requirements.lock | sha256sum | cut -d' ' -f1)
[ -f "$folder/.stamp" ] && [ "$(cat "$folder/.stamp")" = "$stamp" ] && exit 0
# the interpreter QGIS's bindings were built for, which need not be the first on the path
[ -x "$folder/bin/python" ] || /usr/bin/python3 -m venv --system-site-packages "$folder"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$folder/bin/python" -m pip install -q 'pytest>=8,<9' 'pytest-qgis>=2.0' 'pytest-qt>=4.4' 'pytest-timeout>=2.3'
echo "$stamp" > "$folder/.stamp"
