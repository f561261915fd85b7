"""A park's file with the rows of every layer in another order."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyogrio


def shuffled_file(park: Path, target: Path, seed: int = 5) -> Path:
    """Write ``park`` to ``target`` with shuffled rows, its terrain beside it."""
    for name, kind in pyogrio.list_layers(park):
        frame = pyogrio.read_dataframe(park, layer=name).sample(frac=1, random_state=seed)
        pyogrio.write_dataframe(frame, target, layer=str(name), geometry_type=kind)
    for raster in park.parent.glob("*.tif"):
        shutil.copy(raster, target.parent)
    return target
