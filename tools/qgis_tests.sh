#!/usr/bin/env bash
# Run the tests in a real QGIS, offscreen: a process a file, because QGIS keeps what a test leaves behind.
# A crash of QGIS itself (not a failed test) is told, and that file is run once more.
set -uo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen PARKLOOP_ENGINE="$PWD/.venv/bin/python"
for file in "$@"; do
    echo "$file"
    .venv-qgis/bin/python -m pytest "$file"
    status=$?
    if [ $status -ge 128 ]; then
        echo "QGIS crashed in $file with status $status; running it once more."
        .venv-qgis/bin/python -m pytest "$file"
        status=$?
    fi
    [ $status -eq 0 ] || exit $status
done
