#!/usr/bin/env bash
# Open QGIS with this checkout as the plugin, in a profile of its own that the next call finds again.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/.dev/qgis-plugins" "$root/.dev/qgis-profile"
ln -sfn "$root" "$root/.dev/qgis-plugins/parkloop"
export QGIS_PLUGINPATH="$root/.dev/qgis-plugins" PARKLOOP_ENGINE="$root/.venv/bin/python"
exec qgis --profiles-path "$root/.dev/qgis-profile" --noversioncheck --nologo "$@"
