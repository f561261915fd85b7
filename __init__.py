"""ParkLoop: plans the circular transformation of industrial parks.

This folder is both the Python package ``parkloop`` and the QGIS plugin folder. It must stay
importable by QGIS's Python 3.9 and by an interpreter without QGIS, so nothing is imported here.
"""

from pathlib import Path


def version() -> str:
    """The version written in ``metadata.txt``, the one place that says it."""
    for line in Path(__file__).with_name("metadata.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("version="):
            return line.split("=", 1)[1].strip()
    raise RuntimeError("metadata.txt has no version line")


def classFactory(iface):  # type: ignore[no-untyped-def]  # noqa: N802 (name given by QGIS)
    """Entry point of QGIS; loads the plugin only when QGIS asks."""
    from .plugin.main import ParkLoopPlugin

    return ParkLoopPlugin(iface)
