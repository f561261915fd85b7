"""The layout report: cover, overview, a sheet a theme, an atlas of key places, an index of sources, in one PDF."""

import tempfile
from pathlib import Path

from qgis.core import QgsLayoutExporter

from ..engine import process
from ..engine.errors import EngineError, RunCancelled
from .book import Book
from .run_data import RunData
from .template import KINDS

DPI = 200


def write_report(run, park, target, template=None, feedback=None, parcels="key"):
    """Write the layout report of a run as one PDF, in the user's language.

    Parameters
    ----------
    run
        Folder of the run.
    park
        The park GeoPackage it was made from.
    target
        The PDF to write; one that is there is replaced.
    template
        Folder with templates (``<kind>.qpt`` for each of ``template.KINDS``; each may be absent) that come before those of the user's profile and ParkLoop's own.
    feedback
        QgsFeedback; told of the progress.
    parcels
        Which parcels get a page: one of ``land.CHOICES``.

    Returns
    -------
    Path
        The PDF.

    Raises
    ------
    EngineError
        Where the run, the park or a template is missing or damaged, or the PDF cannot be written.
    RunCancelled
        ``feedback`` was cancelled; nothing was written.
    """
    target = Path(target)
    if template is not None and not any((Path(template) / (kind + ".qpt")).is_file() for kind in KINDS):
        raise EngineError.of("layout.no_templates", path=template)
    data = RunData(run, park)
    store_beside = Path(tempfile.gettempdir()) / "parkloop"
    with process.work_folder(target) as work, process.work_folder(store_beside) as store:
        made = work / "report.pdf"
        book = Book(data, store, template, parcels)
        _export(book, made, feedback)
        book.close()
        process.place(made, target)
    return target


def _export(book, path, feedback):
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = DPI
    settings.exportMetadata = True
    result, reason = QgsLayoutExporter.exportToPdf(book, str(path), settings, feedback)
    if book.error is not None:
        raise book.error
    if feedback is not None and feedback.isCanceled():
        raise RunCancelled()
    if result != QgsLayoutExporter.ExportResult.Success or not path.is_file():
        raise EngineError.of("layout.export", reason=reason or result)
