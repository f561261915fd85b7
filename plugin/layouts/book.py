"""The sheets of a report one after the other, each as a print layout; the key places through an atlas."""

from dataclasses import replace
from itertools import groupby

from qgis.core import QgsAbstractLayoutIterator, QgsLayoutItemMap, QgsProject, QgsRectangle

from ... import version
from ...resources import text
from ..texts import language, tr
from . import references, template
from .maps import Maps
from .quantities import number
from .sheets import atlas_sheets, cover_layers, theme_sheets

CAPTIONS = (
    *("park", "sheet", "scale", "date", "scenario", "sheet_number"),
    *("findings", "figures", "contents", "data", "standards", "checks"),
)
COVER_FIGURES = 12
AROUND, LARGEST_SCALE = {"parcel": 1.6, "site": 1.6}, 2500


class Book(QgsAbstractLayoutIterator):
    """Iterates over the print layouts of a report; each exists only while it is drawn.

    ``error`` is what ended it early, if anything did.

    Parameters
    ----------
    data
        RunData.
    store
        Folder for copies of the data, which QGIS may open as it likes.
    folder
        Folder of templates that come first, or None.
    parcels
        Which parcels get a page: one of ``land.CHOICES``.
    """

    def __init__(self, data, store, folder=None, parcels="key"):
        super().__init__()
        self._data, self._folder = data, folder
        self.project = QgsProject()  # the user's own is never touched
        self.maps = Maps(self.project, data, store)
        self.project.setCrs(self.maps.crs())
        self.themes = [page for sheet in theme_sheets(data, self.maps) for page in self._pages(sheet)]
        self._cover_layers = cover_layers(self.maps)
        self.places, self._parcels = atlas_sheets(data, self.maps, parcels), parcels
        self._indexes = self._index_pages()
        self.titles = [tr("layout.sheet.cover")]
        self.titles += [sheet.title for sheet in self.themes + self.places]
        self.titles += [tr("layout.sheet.sources")] * len(self._indexes)
        self._at, self._layout, self._atlas, self.error = -1, None, (None, None), None

    # what QGIS asks of an iterator

    def beginRender(self):
        self._at = -1
        return True

    def endRender(self):
        self._end_atlas()
        return True

    def close(self):
        """Let go of the files."""
        self._layout, self._atlas = None, (None, None)
        self.project.clear()

    def count(self):
        return len(self.titles)

    def layout(self):
        return self._layout

    def filePath(self, base, extension):
        return f"{base}.{extension}"

    def next(self):
        self._at += 1
        if self._at >= self.count():
            return False
        try:
            self._layout = self._sheet(self._at - 1)
        except Exception as error:  # noqa: BLE001 (an exception that passes through QGIS's C++ ends the process)
            self.error = error
            return False
        return True

    # the kinds of sheets

    def _sheet(self, at):
        if at < 0:
            return self._cover()
        if at < len(self.themes):
            return self._theme(self.themes[at])
        at -= len(self.themes)
        if at < len(self.places):
            return self._place(self.places[at])
        return self._index(self._indexes[at - len(self.places)])

    def _cover(self):
        data = self._data
        layout = template.load(self.project, "cover", self._folder)
        template.write_texts(layout, {**self._texts(tr("layout.title")), "title": tr("layout.title")})
        words = [(text(step + ".title", language()), data.headline(step)) for step in data.steps]
        if self.themes and layout.itemById("map") is not None:
            first = self.themes[0]
            scale = template.nice_scale(first.extent, layout.itemById("map"))
            template.show_map(layout, self._cover_layers, first.extent, self.maps.crs(), scale)
        template.write_table(layout, "findings", words, shares=(1, 3))
        heads = [tr("layout.column." + name) for name in ("outcome", "today", "planned", "difference", "unit")]
        rows = [(name, *(number(value) for value in values), label) for name, *values, label in data.outcomes()]
        shares, right = (3, 1.2, 1.2, 1.2, 1.6), (1, 2, 3)
        template.write_table(layout, "figures", rows[:COVER_FIGURES], heads, shares, right)
        template.write_table(layout, "contents", self._contents(), shares=(6, 1), right=(1,))
        return layout

    def _contents(self):
        """Title and number of each sheet; the atlas and the index in one line each."""
        rows, first = [], 2
        for title, pages in groupby(sheet.title for sheet in self.themes):
            count = len(list(pages))
            rows.append((title, _span(first, count)))
            first += count
        called = {"parcel": "parcels_" + self._parcels, "cluster": "clusters", "site": "sites"}
        for kind, pages in groupby(sheet.kind for sheet in self.places):
            count = len(list(pages))
            rows.append((tr("layout.contents." + called[kind]), _span(first, count)))
            first += count
        return [*rows, (tr("layout.sheet.sources"), _span(first, len(self._indexes)))]

    def _theme(self, sheet):
        if sheet.kind == "table":
            return self._table(sheet)
        layout = template.load(self.project, "sheet", self._folder)
        scale = template.nice_scale(sheet.extent, layout.itemById("map"))
        template.show_map(layout, sheet.layers, sheet.extent, self.maps.crs(), scale)
        if sheet.inset is not None:
            template.show_inset(layout, sheet.inset)
        return self._finish(layout, sheet)

    def _place(self, sheet):
        layout = self._atlas[1] if self._atlas[0] is sheet.coverage else self._start_atlas(sheet)
        # one predefined scale, the round one at which this place is seen with what lies around it
        around = QgsRectangle(sheet.extent)
        around.scale(AROUND.get(sheet.kind, 1.0))
        scale = max(template.nice_scale(around, layout.itemById("map")), LARGEST_SCALE)
        layout.renderContext().setPredefinedScales([float(scale)])
        layout.atlas().next()
        template.show_map(layout, sheet.layers)
        return self._finish(layout, sheet)

    def _start_atlas(self, sheet):
        self._end_atlas()
        layout = template.load(self.project, "parcel" if sheet.tables else "atlas", self._folder)
        self._atlas = sheet.coverage, layout
        shown = layout.itemById("map")
        shown.setCrs(self.maps.crs())
        template.look_at(shown, sheet.coverage.extent().center(), LARGEST_SCALE)
        shown.setAtlasDriven(True)
        shown.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Predefined)
        atlas = layout.atlas()
        atlas.setEnabled(True)
        atlas.setCoverageLayer(sheet.coverage)
        atlas.setSortFeatures(True)
        atlas.setSortExpression('"place"')
        atlas.setPageNameExpression('"title"')
        atlas.beginRender()
        return layout

    def _end_atlas(self):
        if self._atlas[1] is not None:
            self._atlas[1].atlas().endRender()
        self._atlas = None, None

    def _pages(self, sheet):
        """A sheet of kind table as one sheet a page, cut where a page is full; what goes with it stands on the last."""
        if sheet.kind != "table":
            return [sheet]
        layout = template.load(self.project, "table", self._folder)
        subject, pages = sheet.tables[0], []
        rows = subject.rows
        while rows:
            fits = _write(layout, "figures", replace(subject, rows=rows)) or len(rows)
            if fits < len(rows) or len(sheet.tables) == 1:  # nothing stands below
                template.take_room(layout, "figures", "data")
                fits = _write(layout, "figures", replace(subject, rows=rows)) or len(rows)
            pages.append(replace(sheet, tables=[replace(subject, rows=rows[:fits])]))
            rows = rows[fits:]
        pages[-1].tables += sheet.tables[1:]
        return pages

    def _table(self, sheet):
        """A page of tables: its subject, and beneath it what goes with it."""
        layout = template.load(self.project, "table", self._folder)
        also = sheet.tables[1] if len(sheet.tables) > 1 else None
        if also is None:
            template.take_room(layout, "figures", "data")
        texts = {**self._texts(sheet.title), "caption_data": also.caption if also else ""}
        template.write_texts(layout, texts)
        _write(layout, "figures", sheet.tables[0])
        if also:
            _write(layout, "data", also)
        if sheet.picture:
            template.show_picture(layout, sheet.picture, "figures")
        return layout

    def _finish(self, layout, sheet):
        """Everything but the map, which must show its extent by now."""
        scale = f"1:{round(layout.itemById('map').scale()):,}"
        texts = {**self._texts(sheet.title), "scale": scale}
        for table in sheet.tables:
            texts["caption_checks"] = table.caption
            _write(layout, "checks", table)
        template.write_texts(layout, texts)
        template.write_table(layout, "figures", sheet.figures, shares=(1.15, 1), right=(1,))
        template.write_legend(layout, sheet.layers, sheet.legend)
        return layout

    def _index(self, rows):
        layout = template.load(self.project, "sources", self._folder)
        texts = self._texts(tr("layout.sheet.sources"))
        template.write_texts(layout, texts)
        heads = [tr("layout.column." + name) for name in ("origin", "layers", "rows")]
        template.write_table(layout, "data", references.data_rows(self._data), heads, (3, 8, 1), (2,))
        self._fill_index(layout, rows)
        return layout

    def _fill_index(self, layout, rows):
        heads = [tr("layout.column." + name) for name in ("source", "edition", "clauses", "used", "sure", "values")]
        return template.write_table(layout, "figures", rows, heads, (4, 2, 3.4, 3, 1.6, 0.8), (5,), cut=False)

    def _index_pages(self):
        """The rows of sources for each page, cut where a page is full."""
        layout = template.load(self.project, "sources", self._folder)
        rows, pages = references.standard_rows(self._data), []
        while rows:
            fits = self._fill_index(layout, rows) or len(rows)
            pages.append(rows[:fits])
            rows = rows[fits:]
        return pages or [[]]

    def _texts(self, title):
        """Texts of the labels by id, the same on every sheet but for title and number."""
        data = self._data
        synthetic = tr("layout.synthetic") if data.about["synthetic"] else ""
        notes = [tr("layout.estimates"), references.attribution(data), tr("layout.made", version=version())]
        texts = {
            "park": data.about["name"],
            "title": title,
            "sheet": title,
            "scale": "–",
            "date": data.date(),
            "scenario": str(data.document["scenario"].get("name", "")),
            "version": "ParkLoop " + version(),
            "sheet_number": f"{self._at + 1} / {self.count()}",
            "source": "  ".join(note for note in notes if note),
            "synthetic": synthetic,
        }
        return {**texts, **{"caption_" + name: tr("layout.caption." + name) for name in CAPTIONS}}


def _span(first, count):
    return f"{first}–{first + count - 1}" if count > 1 else str(first)


def _write(layout, name, table):
    """Write a table of a sheet; gives the number of rows that its frame holds."""
    table = table.spaced()
    return template.write_table(
        layout, name, table.rows, table.heads, table.shares, table.right, cut=name != "figures"
    )
