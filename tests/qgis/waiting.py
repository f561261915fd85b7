"""Letting QGIS work until something has happened; where the engine and the demo park are."""

import os
import time
from pathlib import Path

import pytest
from qgis.core import QgsApplication

ROOT = Path(__file__).resolve().parents[2]
# taken before the tests hide it from each other
ENGINE = Path(os.environ.get("PARKLOOP_ENGINE") or ROOT / ".venv" / "bin" / "python")
DEMO = ROOT / "test_data" / "demo.gpkg"

needs_engine = pytest.mark.skipif(
    not (DEMO.exists() and ENGINE.is_file()), reason=f"needs the embedded demo park and an engine at {ENGINE}"
)


def wait(until, seconds=50.0):
    """Let QGIS work until something is true."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not happen in time"
        QgsApplication.processEvents()
        time.sleep(0.01)


def settle(dock):
    """Let what the dock has under way end."""
    wait(lambda: dock.task is None and dock._asking is None)
