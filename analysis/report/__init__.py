"""What people open after a run: the styled GeoPackage and the self-contained page."""

from .geopackage import write_results_gpkg

__all__ = ["write_results_gpkg"]
