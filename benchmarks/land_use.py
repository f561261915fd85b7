"""Land-use intensity: sharing buildings among parcels beside ``geopandas.overlay``, and the whole step as towns grow."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.town import CRS, buildings, parcels, town
from parkloop.analysis.intensity.measure import share
from parkloop.analysis.park.write import write_park

WEIGHTINGS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("--parcels", type=int, default=20_000)
    parser.add_argument("--buildings", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one object instead of the tables")
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    count, houses, seed = arguments.parcels, arguments.buildings, arguments.seed
    # the step first: a process starts with the peak memory of the one that started it
    grown = [_step(count // 10, houses // 10, seed), _step(count, houses, seed)]
    shared = [_share(count, houses, part, arguments.repeats, seed) for part in (0.05, 0.5)]
    if arguments.json:
        print(json.dumps({"sharing": shared, "step": grown}))
        return
    print(f"{count} parcels, {houses} buildings, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| crossing a line | sharing | overlay and group-by | ratio (least, most) | greatest difference |")
    print("|---|---|---|---|---|")
    for row in shared:
        print(
            f"| {row['crossing']:.0%} | {row['own_s']:.2f} s | {row['overlay_s']:.2f} s | "
            f"{row['ratio']:.1f} ({row['ratio_least']:.1f}, {row['ratio_most']:.1f}) | {row['difference']:.0e} |"
        )
    print(
        "\n| parcels | buildings | read | step | write | the three | with the start of the process | peak MB |\n|---|---|---|---|---|---|---|---|"
    )
    for row in grown:
        cells = " | ".join(f"{row[part]:.2f} s" for part in ("read_s", "step_s", "write_s", "three_s", "whole_s"))
        print(f"| {row['parcels']} | {row['buildings']} | {cells} | {row['peak_mb']:.0f} |")
    factor = houses / (houses // 10)
    print(f"\n{factor:.0f} times the buildings: {grown[1]['three_s'] / grown[0]['three_s']:.1f} times the time.")


def _share(count: int, houses: int, crossing: float, repeats: int, seed: int) -> dict[str, float]:
    """Footprint of each parcel both ways, in turn, on fresh shapes each time (a prepared shape would be quicker)."""
    land, roofs = parcels(count, seed), buildings(parcels(count, seed), houses, crossing, seed)
    times: list[tuple[float, float]] = []
    for _ in range(repeats):
        ground, built = shapely.from_wkb(shapely.to_wkb(land)), shapely.from_wkb(shapely.to_wkb(roofs))
        start = time.perf_counter()
        found = share(built, ground)
        own = np.bincount(found.parcel, weights=found.area_m2, minlength=count)
        middle = time.perf_counter()
        one = gpd.GeoDataFrame({"parcel": np.arange(count)}, geometry=ground.copy(), crs=CRS)
        two = gpd.GeoDataFrame({"building": np.arange(houses)}, geometry=built.copy(), crs=CRS)
        begin = time.perf_counter()
        cut = gpd.overlay(two, one, how="intersection", keep_geom_type=True)
        peer = cut.geometry.area.groupby(cut["parcel"]).sum().reindex(range(count), fill_value=0.0).to_numpy()
        times.append((middle - start, time.perf_counter() - begin))
    ratios = [peer_s / own_s for own_s, peer_s in times]
    return {
        "crossing": crossing,
        "own_s": statistics.median(own_s for own_s, _ in times),
        "overlay_s": statistics.median(peer_s for _, peer_s in times),
        "ratio": statistics.median(ratios),
        "ratio_least": min(ratios),
        "ratio_most": max(ratios),
        "difference": float(np.abs(own - peer).max() / peer.max()),
    }


def _make(count: int, houses: int, seed: int, park: Path) -> None:
    write_park(town(count, houses, 0.05, seed), park)


def _step(count: int, houses: int, seed: int) -> dict[str, float]:
    """The step with reading, 1,000 weightings and writing (layers, results, the page in both languages), in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        park, out = Path(folder, "park.gpkg"), Path(folder, "run")
        made = multiprocessing.get_context("spawn").Process(target=_make, args=(count, houses, seed, park))
        made.start()
        made.join()
        scenario = Path(folder, "scenario.toml")
        scenario.write_text(f"[intensity]\nrandom_weightings = {WEIGHTINGS}\n", encoding="utf-8")
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "parkloop", "run", str(park), "-o", str(out), "--steps", "intensity", "--scenario", str(scenario), "-q"],
            check=True,
        )  # fmt: skip
        whole = time.perf_counter() - start
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    seconds = record["seconds"]
    return {
        "parcels": count,
        "buildings": houses,
        "read_s": seconds["reading"],
        "step_s": seconds["intensity"],
        "write_s": seconds["writing"],
        "three_s": seconds["reading"] + seconds["intensity"] + seconds["writing"],
        "whole_s": whole,
        "peak_mb": max(record["peak_mb"].values()),
    }
