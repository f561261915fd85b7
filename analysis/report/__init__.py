"""What people open after a run: the styled GeoPackage and the self-contained page."""

from .geopackage import write_results_gpkg
from .page import drawing_of, write_page

__all__ = ["drawing_of", "write_page", "write_results_gpkg"]
