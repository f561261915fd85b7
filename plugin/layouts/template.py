"""Templates (.qpt) of sheets: found, loaded into a print layout, filled by the ids of their items."""

import math
import textwrap
from pathlib import Path

from qgis.core import (
    QgsFeatureRequest,
    QgsLayerTree,
    QgsLayoutFrame,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayerLegendUtils,
    QgsPrintLayout,
    QgsReadWriteContext,
    QgsRectangle,
    QgsRenderContext,
    QgsTableCell,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtXml import QDomDocument

from ...resources import ROOT
from ..engine import discover
from ..engine.errors import EngineError
from ..texts import tr
from .fonts import chosen_family, known

KINDS = ("cover", "sheet", "table", "parcel", "atlas", "sources")
WITH_MAP = ("sheet", "parcel", "atlas")
OWN = ROOT / "templates" / "layout"
NORTH = ROOT / "icons" / "north.svg"
SCALES = [round(step * 10**power) for power in range(2, 7) for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8)]
LINE = 46  # letters of a legend entry that fit beside its symbol
SINGLE = ("singleSymbol", "RuleRenderer")
INSET, INSET_MM = 0.25, 58.0  # of the shorter side of the map, but no more millimetres
BOX, SIZES, WIDTH = "parkloop/box", "parkloop/sizes", "parkloop/width"
# the factors tried until a legend fits into the box that its template gives it
SHRINK = ((1.0, 1), (0.9, 1), (0.8, 1), (0.8, 2), (0.7, 2), (0.6, 2), (0.5, 2))


def find(kind, folder=None):
    """The template of a kind of sheet: of the folder given, of the user's profile, of ParkLoop.

    A folder with a template for places but none for parcels has that one for parcels too.
    """
    for place in (folder, discover.home() / "templates" / "layout", OWN):
        for name in (kind, "atlas") if kind == "parcel" else (kind,):
            if place is not None and (Path(place) / (name + ".qpt")).is_file():
                return Path(place) / (name + ".qpt")
    raise EngineError.of("layout.no_template", path=OWN / (kind + ".qpt"))


def load(project, kind, folder=None):
    """A print layout of the project made from the template of a kind of sheet.

    Raises
    ------
    EngineError
        Where the template cannot be read, or a sheet that needs a map has no item ``map``.
    """
    path = find(kind, folder)
    document = QDomDocument()
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise EngineError.of("layout.bad_template", path=path, reason=error) from None
    fine, reason, *_ = document.setContent(content)
    layout = QgsPrintLayout(project)
    if fine:
        fine = layout.loadFromTemplate(document, QgsReadWriteContext(), True)[1]
    if not fine or not layout.pageCollection().pageCount():
        raise EngineError.of("layout.bad_template", path=path, reason=reason or tr("layout.not_a_layout"))
    if kind in WITH_MAP and not isinstance(layout.itemById("map"), QgsLayoutItemMap):
        raise EngineError.of("layout.no_map", path=path)
    _mend(layout)
    return layout


def write_texts(layout, texts):
    """Set the text of each label whose id is a key of ``texts``."""
    for item in layout.items():
        if isinstance(item, QgsLayoutItemLabel) and item.id() in texts:
            item.setText(texts[item.id()])


def write_table(layout, name, rows, headers=(), shares=(), right=(), cut=True):
    """Fill the table ``name`` with as many rows as its frame holds; gives the number written.

    Parameters
    ----------
    shares
        Share of the width that each column takes.
    right
        Numbers of the columns that stand at the right.
    cut
        Say in the last row how many more there are.
    """
    frame = layout.itemById(name)
    if not isinstance(frame, QgsLayoutFrame) or not rows:
        return 0
    table = frame.multiFrame()
    if frame.customProperty(WIDTH) is None:  # a frame grows as narrow as what is written into it
        frame.setCustomProperty(WIDTH, frame.rect().width())
    width = float(frame.customProperty(WIDTH)) - 2 * table.cellMargin() * len(rows[0]) - 1
    table.setColumnWidths([share * width / sum(shares) for share in shares] if shares else [])
    heads = [_cells(headers, right, table.headerTextFormat())] if headers else []

    def fits(count):
        left = len(rows) - count
        shown = list(rows[:count])
        if cut and left:
            shown[-1:] = [(tr("layout.more", count=left + 1), *[""] * (len(rows[0]) - 1))]
        table.setTableContents(heads + [_cells(row, right) for row in shown])
        return table.totalSize().height() <= frame.rect().height()

    count = len(rows)
    if not fits(count):
        low, high = 1, count
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        count = low
        fits(count)
    table.refresh()
    return count


def take_room(layout, name, below):
    """Let the frame ``name`` reach down to the foot of the frame ``below``, which stays empty."""
    frame, other = layout.itemById(name), layout.itemById(below)
    if isinstance(frame, QgsLayoutFrame) and isinstance(other, QgsLayoutFrame):
        foot = other.pagePos().y() + other.rect().height()
        if foot > frame.pagePos().y() + frame.rect().height():
            frame.attemptResize(QgsLayoutSize(frame.rect().width(), foot - frame.pagePos().y()))


def show_picture(layout, path, below):
    """Put a picture into the lower three quarters of the frame of the table ``below``, whose few rows need no more."""
    frame = layout.itemById(below)
    if not isinstance(frame, QgsLayoutFrame):
        return
    used = frame.rect().height() / 4
    picture = QgsLayoutItemPicture(layout)
    picture.setPicturePath(str(path))
    layout.addLayoutItem(picture)
    picture.attemptMove(QgsLayoutPoint(frame.pagePos().x(), frame.pagePos().y() + used))
    picture.attemptResize(QgsLayoutSize(float(frame.customProperty(WIDTH)), frame.rect().height() - used))


def show_inset(layout, path):
    """Put a square picture on white into the lower left corner of the map."""
    shown = layout.itemById("map")
    side = min(INSET * min(shown.rect().width(), shown.rect().height()), INSET_MM)
    picture = QgsLayoutItemPicture(layout)
    picture.setId("inset")
    picture.setPicturePath(str(path))
    picture.setBackgroundEnabled(True)
    picture.setFrameEnabled(True)
    layout.addLayoutItem(picture)
    place = QgsLayoutPoint(shown.pagePos().x() + 2, shown.pagePos().y() + shown.rect().height() - side - 2)
    picture.attemptMove(place)
    picture.attemptResize(QgsLayoutSize(side, side))


def show_map(layout, layers, extent=None, crs=None, scale=None):
    """Let the map show the layers, the first on top, and tie scale bar and north arrow to it."""
    item = layout.itemById("map")
    item.setFollowVisibilityPreset(False)
    item.setLayers(layers)
    item.setKeepLayerSet(True)
    if crs is not None:
        item.setCrs(crs)
    if extent is not None:
        look_at(item, extent.center(), scale)
    for other in layout.items():
        if isinstance(other, (QgsLayoutItemScaleBar, QgsLayoutItemPicture)):
            other.setLinkedMap(item)
        if isinstance(other, QgsLayoutItemScaleBar):
            _fit_bar(other, item)
    return item


def look_at(item, centre, scale):
    """Show what lies around a point at a scale; never changes the size of the map."""
    width, height = (side / 1000 * scale for side in (item.rect().width(), item.rect().height()))
    item.setExtent(
        QgsRectangle(
            centre.x() - width / 2, centre.y() - height / 2, centre.x() + width / 2, centre.y() + height / 2
        )
    )


def write_legend(layout, layers, titles):
    """List in the legend only what the map shows, shrunk until it fits into the box of the template.

    Parameters
    ----------
    titles
        Another title than its name for a layer, by id; None leaves the layer out.

    Returns
    -------
    list
        Titles of the layers listed.
    """
    item, shown = layout.itemById("legend"), layout.itemById("map")
    if not isinstance(item, QgsLayoutItemLegend):
        return []
    left, top, wide, high = _remembered(item)
    item.setLinkedMap(shown)
    item.setAutoUpdateModel(False)
    tree = QgsLayerTree()
    # entries without a heading come first, else they would seem to belong under the heading above them
    for layer in sorted(layers, key=lambda layer: layer.renderer().type() not in SINGLE):
        title = titles.get(layer.id(), layer.name())
        if title is not None and _visible(layer, shown):
            node = tree.addLayer(layer)
            node.setCustomProperty("legend/title-label", title)
            _wrap(node, layer)
            if layer.renderer().type() == "RuleRenderer":  # the place of an atlas: its one entry says all
                QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
    tree.setParent(item)  # the model keeps only a pointer
    item.model().setRootGroup(tree)
    item.setWrapString("\n")
    item.setLegendFilterByMapEnabled(True)
    settings = shown.mapSettings(shown.extent(), shown.rect().size() * 2.0, 96, True)
    settings.setLayers(shown.layers())
    settings.setExpressionContext(shown.createExpressionContext())
    item.model().setLegendFilterByMap(settings)
    item.setResizeToContents(False)
    for factor, count in SHRINK:
        _shrink(item, factor)
        item.setColumnCount(count)
        renderer = QgsLegendRenderer(item.model(), item.legendSettings())
        size = renderer.minimumSize(QgsRenderContext.fromMapSettings(settings))
        if size.width() <= wide and size.height() <= high:
            break
    item.attemptResize(QgsLayoutSize(wide, high))
    item.attemptMove(QgsLayoutPoint(left, top), True, False, 0)
    item.refresh()
    return [node.customProperty("legend/title-label") for node in tree.findLayers()]


def nice_scale(extent, item):
    """The denominator of a round scale at which the map holds the extent with a little room."""
    size = item.rect()
    needed = 1.04 * 1000 * max(extent.width() / size.width(), extent.height() / size.height())
    return next(scale for scale in SCALES if scale >= needed)


def _cells(row, right, text_format=None):
    cells = []
    for column, text in enumerate(row):
        cell = QgsTableCell(text)
        side = Qt.AlignmentFlag.AlignRight if column in right else Qt.AlignmentFlag.AlignLeft
        cell.setHorizontalAlignment(side)
        cell.setVerticalAlignment(Qt.AlignmentFlag.AlignTop)
        if text_format is not None:
            cell.setTextFormat(text_format)
        cells.append(cell)
    return cells


def _visible(layer, item):
    """Whether any feature of the layer lies on the map."""
    request = QgsFeatureRequest()
    request.setDestinationCrs(item.crs(), layer.transformContext())
    request.setFilterRect(item.extent())
    request.setFlags(QgsFeatureRequest.Flag.ExactIntersect)
    request.setNoAttributes()
    request.setLimit(1)
    return any(True for _ in layer.getFeatures(request))


def _fit_bar(bar, item):
    """A bar of round metres, at most a fifth of the map long (the item itself is as long as its last bar)."""
    longest = 0.2 * item.rect().width() * item.scale() / 1000
    power = 10 ** math.floor(math.log10(longest))
    lead = max(step for step in (1, 2, 5) if step * power <= longest)
    kilometres = lead * power > 5000
    units = QgsUnitTypes.DistanceUnit
    bar.setUnits(units.DistanceKilometers if kilometres else units.DistanceMeters)
    bar.setUnitLabel("km" if kilometres else "m")
    pieces = 5 if lead == 5 else 2
    bar.setNumberOfSegmentsLeft(0)
    bar.setNumberOfSegments(pieces)
    bar.setUnitsPerSegment(lead * power / pieces / (1000 if kilometres else 1))
    bar.update()


def _wrap(node, layer):
    """Break long entries of a layer into lines; Chinese glyphs count double."""
    for number, entry in enumerate(layer.renderer().legendSymbolItems()):
        text = entry.label()
        wide = sum(2 if glyph > "\u2e7f" else 1 for glyph in text)
        if wide > LINE:
            lines = textwrap.wrap(text, max(LINE * len(text) // wide, 8))
            QgsMapLayerLegendUtils.setLegendNodeUserLabel(node, number, "\n".join(lines))


def _remembered(item):
    """The box of the legend in the template; an atlas fits the legend anew on each sheet."""
    if item.customProperty(BOX) is None:
        item.setCustomProperty(
            BOX, [item.pagePos().x(), item.pagePos().y(), item.rect().width(), item.rect().height()]
        )
        sizes = [item.styleFont(style).pointSizeF() for style in _styles()]
        item.setCustomProperty(SIZES, [*sizes, item.symbolWidth(), item.symbolHeight()])
    return [float(value) for value in item.customProperty(BOX)]


def _styles():
    styles = QgsLegendStyle.Style
    return (styles.Title, styles.Group, styles.Subgroup, styles.SymbolLabel)


def _shrink(item, factor):
    *sizes, width, height = [float(value) for value in item.customProperty(SIZES)]
    for style, size in zip(_styles(), sizes):
        font = item.styleFont(style)
        font.setPointSizeF(size * factor)
        item.setStyleFont(style, font)
    item.setSymbolWidth(width * factor)
    item.setSymbolHeight(height * factor)


def _mend(layout):
    """Fonts that this computer lacks become ours; a north arrow whose picture is elsewhere gets ours."""
    for item in layout.items():
        if isinstance(item, QgsLayoutItemLabel):
            item.setFont(_present(item.font()))
        elif isinstance(item, QgsLayoutItemScaleBar):
            item.setTextFormat(_present_format(item.textFormat()))
        elif isinstance(item, QgsLayoutItemLegend):
            for style in _styles():
                item.setStyleFont(style, _present(item.styleFont(style)))
        elif isinstance(item, QgsLayoutFrame) and hasattr(item.multiFrame(), "contentTextFormat"):
            table = item.multiFrame()
            table.setContentTextFormat(_present_format(table.contentTextFormat()))
            table.setHeaderTextFormat(_present_format(table.headerTextFormat()))
        elif isinstance(item, QgsLayoutItemPicture) and item.id() == "north":
            path = item.picturePath()
            if not path.startswith("base64:") and not Path(path).is_file():
                item.setPicturePath(str(NORTH))


def _present(font):
    if not known(font.family()):
        font.setFamily(chosen_family())
    return font


def _present_format(text):
    text.setFont(_present(text.font()))
    return text
