#!/usr/bin/env bash
# Run the tests in a real QGIS, offscreen: a process a file, because QGIS keeps what a test leaves behind; two files at
# a time, each one's words printed when it ends. A crash of QGIS itself (not a failed test) is told, and that file is
# run once more.
set -uo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen PARKLOOP_ENGINE="$PWD/.venv/bin/python"

one() {
    local file=$1 words status
    # pytest-qgis names the folder of QGIS's settings by the worker: a folder a file, else two files change each other's language
    export PYTEST_XDIST_WORKER
    PYTEST_XDIST_WORKER=$(basename "$file" .py)
    words=$(.venv-qgis/bin/python -m pytest "$file" 2>&1)
    status=$?
    if [ $status -ge 128 ]; then
        words+=$'\n'"QGIS crashed in $file with status $status; running it once more."$'\n'
        words+=$(.venv-qgis/bin/python -m pytest "$file" 2>&1)
        status=$?
    fi
    printf '%s\n%s\n' "$file" "$words"
    [ $status -eq 0 ] || exit 255  # xargs then starts no further file
}
export -f one
printf '%s\0' "$@" | xargs -0 -n 1 -P 2 bash -c 'one "$0"'
