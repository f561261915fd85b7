"""Write the templates of the layout report anew.

    QT_HASH_SEED=0 QT_QPA_PLATFORM=offscreen .venv-qgis/bin/python tools/layout_templates.py

The .qpt files are ordinary QGIS layout templates and may as well be edited in QGIS; this keeps them alike.
"""

import re
import uuid
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsLayoutFrame,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemManualTable,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutMeasurement,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLayoutTable,
    QgsLegendStyle,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "templates" / "layout"
FAMILY = "Noto Sans CJK SC"
INK, MUTED, RULE, RED = QColor("#1d2733"), QColor("#5b6470"), QColor("#b9c0c8"), QColor("#b2182b")
WIDTH, HEIGHT = 420, 297
SIDE, SIDE_WIDTH = 318, 92  # the column beside the map


def font(points, bold=False):
    made = QFont(FAMILY)
    made.setPointSizeF(points)
    made.setBold(bold)
    return made


def text_format(points, bold=False, colour=INK):
    made = QgsTextFormat()
    made.setFont(font(points, bold))
    made.setSize(points)
    made.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    made.setColor(colour)
    return made


def place(item, layout, name, x, y, width, height):
    item.setId(name)
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(x, y))
    item.attemptResize(QgsLayoutSize(width, height))
    return item


def label(layout, name, x, y, width, height, points, bold=False, colour=INK, right=False, middle=True):
    item = place(QgsLayoutItemLabel(layout), layout, name, x, y, width, height)
    item.setFont(font(points, bold))
    item.setFontColor(colour)
    item.setMarginX(0)
    item.setMarginY(0)
    item.setHAlign(Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
    item.setVAlign(Qt.AlignmentFlag.AlignVCenter if middle else Qt.AlignmentFlag.AlignTop)
    return item


def rule(layout, x, y, width, height=0.3, colour=RULE):
    shape = place(QgsLayoutItemShape(layout), layout, "", x, y, width, height)
    shape.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    symbol = shape.symbol().clone()
    symbol.setColor(colour)
    symbol.symbolLayer(0).setStrokeStyle(Qt.PenStyle.NoPen)
    shape.setSymbol(symbol)


def map_of(layout, x, y, width, height):
    item = place(QgsLayoutItemMap(layout), layout, "map", x, y, width, height)
    item.setFrameEnabled(True)
    item.setFrameStrokeColor(INK)
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.25))
    return item


def table(layout, name, x, y, width, height, points=8, margin=0.8):
    made = QgsLayoutItemManualTable.create(layout)
    made.setContentTextFormat(text_format(points))
    made.setHeaderTextFormat(text_format(points, True))
    made.setCellMargin(margin)
    made.setVerticalGrid(False)
    made.setHorizontalGrid(True)
    made.setGridColor(QColor("#d9dde1"))
    made.setGridStrokeWidth(0.2)
    made.setWrapBehavior(QgsLayoutTable.WrapBehavior.WrapText)
    layout.addMultiFrame(made)
    frame = QgsLayoutFrame(layout, made)
    frame.setId(name)
    made.addFrame(frame)
    frame.attemptSetSceneRect(QRectF(x, y, width, height))
    return frame


def legend(layout, x, y, width, height):
    item = place(QgsLayoutItemLegend(layout), layout, "legend", x, y, width, height)
    styles = QgsLegendStyle.Style
    sizes = {styles.Title: 10, styles.Group: 9, styles.Subgroup: 8.5, styles.SymbolLabel: 8}
    for style, points in sizes.items():
        item.setStyleFont(style, font(points, style in (styles.Title, styles.Subgroup)))
    item.setFontColor(INK)
    item.setSymbolWidth(9)
    item.setSymbolHeight(3.6)
    item.setResizeToContents(False)
    item.setBoxSpace(0)
    item.setLineSpacing(1)
    item.setStyleMargin(styles.Subgroup, 2.2)
    item.setStyleMargin(styles.Symbol, 1.3)
    return item


def scale_and_north(layout):
    bar = place(QgsLayoutItemScaleBar(layout), layout, "scalebar", SIDE, 24, 72, 13)
    bar.setStyle("Single Box")
    bar.setTextFormat(text_format(8))
    bar.setHeight(1.8)
    place(QgsLayoutItemPicture(layout), layout, "north", SIDE + 76, 22, 16, 20)


def heading(layout):
    label(layout, "title", 10, 8, 300, 12, 18, True)
    label(layout, "synthetic", SIDE, 8, SIDE_WIDTH, 12, 8, True, RED, right=True)


def title_block(layout, top):
    """Captions and values in rows, as on any drawing."""
    rows = (("park", 11), ("sheet", 8), ("scale", 6.5), ("date", 6.5), ("scenario", 6.5), ("sheet_number", 6.5))
    rule(layout, SIDE, top, SIDE_WIDTH, 0.5, INK)
    y = top + 0.8
    for name, height in rows:
        label(layout, "caption_" + name, SIDE, y, 22, height, 8, colour=MUTED)
        label(layout, name, SIDE + 22, y, SIDE_WIDTH - 22, height, 9, name in ("park", "sheet"))
        y += height
        rule(layout, SIDE, y, SIDE_WIDTH)
        y += 0.3


def foot(layout):
    label(layout, "source", 10, 281, 400, 9, 7, colour=MUTED, middle=False)


def sheet(layout):
    """A map with what it shows and what it says."""
    heading(layout)
    map_of(layout, 10, 22, 302, 256)
    scale_and_north(layout)
    legend(layout, SIDE, 44, SIDE_WIDTH, 92)
    table(layout, "figures", SIDE, 138, SIDE_WIDTH, 90)
    title_block(layout, 230)
    foot(layout)


def atlas(layout):
    """A place and its figures: a larger table, a smaller legend."""
    heading(layout)
    map_of(layout, 10, 22, 302, 256)
    scale_and_north(layout)
    legend(layout, SIDE, 44, SIDE_WIDTH, 60)
    table(layout, "figures", SIDE, 107, SIDE_WIDTH, 120)
    title_block(layout, 230)
    foot(layout)


def parcel(layout):
    """A parcel: its map, under it how it stands against each limit, beside it all that was measured."""
    heading(layout)
    map_of(layout, 10, 22, 302, 154)
    scale_and_north(layout)
    legend(layout, SIDE, 44, SIDE_WIDTH, 42)
    table(layout, "figures", SIDE, 88, SIDE_WIDTH, 140, 7.2, 0.55)
    label(layout, "caption_checks", 10, 178, 302, 7, 10, True)
    table(layout, "checks", 10, 186, 302, 92, 7, 0.55)
    title_block(layout, 230)
    foot(layout)


def table_page(layout):
    """A table over the whole width, and beneath it what goes with it."""
    heading(layout)
    rule(layout, 10, 21, 400, 0.5, INK)
    table(layout, "figures", 10, 23, 400, 170, 8)
    label(layout, "caption_data", 10, 196, 400, 7, 10, True)
    table(layout, "data", 10, 204, 400, 69, 8)
    label(layout, "source", 10, 275, 400, 6, 7, colour=MUTED)
    label(layout, "park", 10, 282, 180, 7, 8, colour=MUTED)
    label(layout, "date", 200, 282, 90, 7, 8, colour=MUTED)
    label(layout, "sheet_number", 320, 282, 90, 7, 8, colour=MUTED, right=True)


def cover(layout):
    """What it is about, what was found, what follows."""
    rule(layout, 0, 0, 14, HEIGHT, QColor("#0f6b63"))
    label(layout, "park", 34, 20, 270, 26, 30, True)
    label(layout, "title", 34, 48, 260, 12, 18, colour=MUTED)
    label(layout, "synthetic", 34, 62, 260, 8, 11, True, RED)
    label(layout, "date", 310, 22, 90, 7, 10, colour=MUTED, right=True)
    label(layout, "scenario", 310, 29, 90, 7, 10, colour=MUTED, right=True)
    label(layout, "version", 310, 36, 90, 7, 10, colour=MUTED, right=True)
    label(layout, "caption_findings", 34, 78, 236, 8, 12, True)
    table(layout, "findings", 34, 88, 236, 62, 11, 1.4)
    label(layout, "caption_figures", 34, 156, 236, 8, 12, True)
    table(layout, "figures", 34, 166, 236, 104, 10, 1.1)
    label(layout, "caption_contents", 292, 78, 108, 8, 12, True)
    table(layout, "contents", 292, 88, 108, 92, 9, 0.9)
    map_of(layout, 292, 186, 108, 84)
    label(layout, "source", 34, 278, 366, 11, 8, colour=MUTED, middle=False)


def sources(layout):
    """An index over the whole width: where the data come from, and what the figures rest on."""
    heading(layout)
    rule(layout, 10, 21, 400, 0.5, INK)
    label(layout, "caption_data", 10, 24, 400, 7, 10, True)
    table(layout, "data", 10, 32, 400, 40, 8)
    label(layout, "caption_standards", 10, 75, 400, 7, 10, True)
    table(layout, "figures", 10, 83, 400, 190, 8)
    label(layout, "source", 10, 275, 400, 6, 7, colour=MUTED)
    label(layout, "park", 10, 282, 180, 7, 8, colour=MUTED)
    label(layout, "date", 200, 282, 90, 7, 8, colour=MUTED)
    label(layout, "sheet_number", 320, 282, 90, 7, 8, colour=MUTED, right=True)


def steady(text, name):
    """The same file at every call: identities made from their order."""
    found = []
    for identity in re.findall(r"\{[0-9a-f]{8}-[0-9a-f-]{27}\}", text):
        if identity not in found:
            found.append(identity)
    for number, identity in enumerate(found):
        text = text.replace(identity, "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"parkloop/{name}/{number}")) + "}")
    return text


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    kinds = {
        "cover": cover,
        "sheet": sheet,
        "table": table_page,
        "parcel": parcel,
        "atlas": atlas,
        "sources": sources,
    }
    for name, make in kinds.items():
        project = QgsProject()  # must outlive the layout
        layout = QgsPrintLayout(project)
        layout.setName(name)
        layout.initializeDefaults()
        layout.pageCollection().page(0).setPageSize(QgsLayoutSize(WIDTH, HEIGHT))
        make(layout)
        path = FOLDER / (name + ".qpt")
        if not layout.saveAsTemplate(str(path), QgsReadWriteContext()):
            raise SystemExit(f"{path} cannot be written")
        path.write_text(steady(path.read_text(encoding="utf-8"), name), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main()
    application.exitQgis()
