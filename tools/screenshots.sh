#!/usr/bin/env bash
# Make the pictures of docs/img from the demo park: the map, the dock, the page and sheets of the layout report, in both languages.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/.dev"
work=$(mktemp -d "$root/.dev/screenshots.XXXXXX") # not /tmp: QGIS marks layers there as temporary
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

mkdir -p "$work/plugins" "$work/shots" "$root/docs/img"
ln -s "$root" "$work/plugins/parkloop"
cp "$root"/test_data/demo.gpkg "$root"/test_data/*.tif "$work"

# Xvfb chooses a free display and says its number
Xvfb -displayfd 9 -screen 0 1500x940x24 9>"$work/display" >/dev/null 2>&1 &
pids+=($!)
for _ in $(seq 50); do [ -s "$work/display" ] && break || sleep 0.1; done

for language in en zh; do
    profile="$work/$language/profiles/default/QGIS"
    mkdir -p "$profile"
    locale=en_US
    [ $language = zh ] && locale=zh-Hans
    printf '[PythonPlugins]\nparkloop=true\n[locale]\nuserLocale=%s\noverrideFlag=true\n[parkloop]\nlanguage=%s\n' \
        $locale $language >"$profile/QGIS3.ini"
    DISPLAY=":$(cat "$work/display")" QGIS_PLUGINPATH="$work/plugins" PARKLOOP_ENGINE="$root/.venv/bin/python" \
        XDG_RUNTIME_DIR="$work" SHOTS="$work/shots" SHOTS_PARK="$work/demo.gpkg" \
        timeout 300 qgis.bin --profiles-path "$work/$language" --noversioncheck --nologo \
        --code "$root/tools/screenshots_qgis.py" >"$work/qgis.$language.log" 2>&1 || true
    if [ ! -s "$work/shots/done.$language" ]; then
        cat "$work/qgis.$language.log" "$work/shots/error.$language" >&2 || true
        echo "QGIS made no pictures in $language." >&2
        exit 1
    fi
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1400,1000 \
        --virtual-time-budget=10000 --user-data-dir="$work/chromium" \
        --screenshot="$work/shots/report.$language.png" "file://$(cat "$work/shots/done.$language")/report.$language.html" \
        >/dev/null 2>&1
done

# two sheets side by side: asleep land, and a parcel that misses limits
sheet_of() { # the page of the n-th sheet whose title starts so
    local page found=0 last
    last=$(pdfinfo "$work/shots/layout.en.pdf" | awk '/^Pages:/ { print $2 }')
    for ((page = 1; page <= last; page++)); do
        case $(pdftotext -f $page -l $page "$work/shots/layout.en.pdf" - | sed -n 1p) in
        "$1"*) found=$((found + 1)) && [ $found -eq "$2" ] && echo $page && return ;;
        esac
    done
    echo "The layout report has no sheet $1." >&2
    return 1
}
number=0
for wanted in "Asleep land/1" "Parcel/7"; do
    number=$((number + 1))
    page=$(sheet_of "${wanted%/*}" "${wanted#*/}")
    pdftoppm -r 50 -png -f "$page" -l "$page" -singlefile "$work/shots/layout.en.pdf" "$work/shots/sheet$number"
done

convert "$work/shots/sheet1.png" "$work/shots/sheet2.png" -bordercolor '#b9c0c8' -border 1 +append "$work/shots/layout.en.png"

for name in map dock report layout; do
    for language in en zh; do
        from="$work/shots/$name.$language.png"
        to="$root/docs/img/$name.png"
        [ $language = zh ] && to="$root/docs/img/$name.zh.png"
        [ -f "$from" ] && convert "$from" -strip +dither -colors 200 -define png:compression-level=9 "PNG8:$to" && ls -s --block-size=1K "$to"
    done
done || true
