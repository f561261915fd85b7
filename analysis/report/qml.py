"""QGIS styles made from the one description of layers and colours; they load in QGIS 3.22 and later.

Written as XML rather than through QGIS, because the engine runs without it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

import pandas as pd

from parkloop import resources

from . import symbology
from .describe import OPTIONAL, PLACE, Field, Names, cell, fields
from .numbers import Style
from .qmlsymbols import add_renderer
from .symbology import Look

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
UNIT = "coalesce(replace(replace(\"unit\",'m3','m³'),'m2','m²'),'')"
# A list of more names than these helps nobody in a form, and every style would hold it.
MOST_NAMES = 2000
GEOMETRY_CODE = {"point": "0", "line": "1", "polygon": "2", "mark": "2"}


def _expression(field: Field, style: Style) -> str:
    """A QGIS expression that shows a field's value as the report does."""
    if field.name == "unit":
        return UNIT
    if not field.numeric:
        return f"coalesce(represent_value(\"{field.name}\"),'')"
    unit = style.unit(field.unit)
    value = f'"{field.name}"' if unit.factor == 1 else f'"{field.name}"*{unit.factor:g}'
    # Three significant digits and whole numbers below a thousand, as everywhere in the report.
    digits = "with_variable('p',2-floor(log10(max(abs(@v),0.000001))),format_number(round(@v,@p),max(0,@p)))"
    plain = f"if(@v=round(@v) AND abs(@v)<1000,format_number(@v,0),{digits})"
    return f"if(\"{field.name}\" IS NULL,'',with_variable('v',{value},{plain}))"


def _tip(template: str, columns: Mapping[str, Field], style: Style) -> str:
    """The map tip as QGIS wants it: text with [% expressions %], optional parts as CASE."""

    def place(name: str) -> str:
        if name not in columns:
            return "''"
        field = columns[name]
        if field.numeric and field.unit.startswith("by ") and "unit" in columns:
            return f"{_expression(field, style)} || ' ' || {UNIT}"
        label = style.unit(field.unit).label if field.numeric and not field.unit.startswith("by ") else ""
        space = "" if label == "%" or label[:1] > "\u2e7f" else " "
        return f"{_expression(field, style)} || '{space}{label}'" if label else _expression(field, style)

    def joined(part: str) -> str:
        pieces, end = [], 0
        for match in PLACE.finditer(part):
            pieces.append("'" + html.escape(part[end : match.start()]).replace("'", "''") + "'")
            pieces.append(place(match[1]))
            end = match.end()
        pieces.append("'" + html.escape(part[end:]).replace("'", "''") + "'")
        return " || ".join(pieces)

    out, end = [], 0
    for match in OPTIONAL.finditer(template):
        out.append(joined(template[end : match.start()]))
        names = PLACE.findall(match[1])
        if all(name in columns for name in names):
            test = " AND ".join(f"coalesce(\"{n}\",'') <> ''" for n in names)
            out.append(f"CASE WHEN {test} THEN {joined(match[1])} ELSE '' END")
        end = match.end()
    out.append(joined(template[end:]))
    return f'<div style="max-width:26em">[% {" || ".join(out)} %]</div>'


def _labels(root: Element, look: Look, columns: Mapping[str, Field], style: Style) -> None:
    names = [f"name_{style.lang}" if n == "name" and f"name_{style.lang}" in columns else n for n in look.label]
    names = [n for n in names if n in columns]
    if not names:
        return
    parts = []
    for name in names:
        prefix = "'DN' || " if name == "dn_mm" else ""
        unit = f" || ' ' || {UNIT}" if name == "capacity" and "unit" in columns else ""
        parts.append(f"{prefix}{_expression(columns[name], style)}{unit}")
    labeling = SubElement(root, "labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    text = SubElement(
        settings,
        "text-style",
        fieldName=" || '\\n' || ".join(parts),
        isExpression="1",
        fontSize="8",
        fontSizeUnit="Point",
        textColor="29,39,51,255",
        fontWeight="63" if look.geometry == "mark" else "50",
        namedStyle="",
        multilineHeight="1",
    )
    SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.9", bufferSizeUnits="MM", bufferColor="255,255,255,230"
    )
    # Beside the symbol of points and marks, above lines, in the middle of areas.
    placement = {"line": "2", "point": "6", "mark": "0"}.get(look.geometry, "1")
    away = f"{look.size_mm / 2 + 0.5:g}"
    SubElement(
        settings,
        "placement",
        placement=placement,
        dist=away,
        distUnits="MM",
        placementFlags="10",
        centroidInside="1",
    )
    SubElement(
        settings,
        "rendering",
        scaleVisibility="1",
        scaleMin="0",
        scaleMax=f"{look.label_scale:g}",
        drawLabels="1",
        obstacle="0",
        displayAll="1" if look.geometry == "mark" else "0",
        labelPerPart="0",
    )


def values_of(table: str, frame: pd.DataFrame) -> dict[str, list[str]]:
    """The different texts of each column that holds codes or ids, sorted: what the value maps of its styles are made of."""
    return {
        name: sorted({str(v) for v in frame[name].dropna().unique()} - {""})
        for name, field in fields(table, frame, "en").items()
        if field.type == "text" and (field.codes or field.refers)
    }


def _fields(
    root: Element,
    columns: Mapping[str, Field],
    present: Mapping[str, list[str]],
    style: Style,
    names: Names,
) -> None:
    """Aliases, code labels and meanings of every field, the gpkg's own fid left without."""
    configuration = SubElement(root, "fieldConfiguration")
    aliases = SubElement(root, "aliases")
    for position, (name, field) in enumerate(columns.items()):
        unit = style.unit(field.unit).label if field.numeric and style.unit(field.unit).factor == 1 else ""
        plain = field.unit if field.numeric and not unit else unit
        if plain.startswith("currency"):
            plain = style.price(plain)
        alias = (
            f"{field.label} ({plain})" if plain and plain != "1" and not plain.startswith("by ") else field.label
        )
        SubElement(aliases, "alias", index=str(position + 1), field=name, name=alias)
        shown = _value_map(field, present.get(name, []), style, names)
        if shown:
            entry = SubElement(configuration, "field", name=name, configurationFlags="None")
            widget = SubElement(SubElement(entry, "editWidget", type="ValueMap"), "config")
            top = SubElement(SubElement(widget, "Option", type="Map"), "Option", name="map", type="List")
            for value, label in shown.items():
                SubElement(SubElement(top, "Option", type="Map"), "Option", name=label, type="QString", value=value)


def _value_map(field: Field, present: list[str], style: Style, names: Names) -> dict[str, str]:
    if field.type != "text" or not (field.codes or field.refers in names):
        return {}
    found = {value: cell(field, value, style, names) for value in present}  # of lists, every part
    if field.refers and field.refers in names:
        found = {value: label for value, label in found.items() if label != value}
        return found if len(found) <= MOST_NAMES else {}
    return found


def document(
    look: Look, frame: pd.DataFrame, style: Style, names: Names, present: Mapping[str, list[str]] | None = None
) -> str:
    """The QML of one layer in one language.

    Parameters
    ----------
    look
        How the layer is drawn; ``geometry`` decides the kind of symbol.
    frame
        The rows: legends list only the codes that occur.
    style
        Language and currency.
    names
        Names to show instead of ids, by layer.
    present
        ``values_of`` the table, where several styles of it are made.
    """
    present = values_of(look.table, frame) if present is None else present
    columns = fields(look.table, frame, style.lang)
    spatial = "geometry" in frame
    root = Element(
        "qgis",
        version="3.22.0",
        styleCategories="AllStyleCategories",
        labelsEnabled="1" if spatial and look.label else "0",
        hasScaleBasedVisibilityFlag="0",
    )
    if spatial:
        sizes = symbology.size_legend(look, frame, style)
        add_renderer(root, look, symbology.classes(look, frame, style, names), columns, style, sizes)
        _labels(root, look, columns, style)
    _fields(root, columns, present, style, names)
    template = resources.texts(style.lang).get(f"report.tip.{look.table}", "")
    first = next(iter(columns), "")
    SubElement(root, "previewExpression").text = (
        f'"name_{style.lang}"' if f"name_{style.lang}" in columns else f'"{first}"'
    )
    if template and spatial:
        SubElement(root, "mapTip").text = _tip(template, columns, style)
    if spatial:
        SubElement(root, "layerGeometryType").text = GEOMETRY_CODE[look.geometry]
    return DOCTYPE + tostring(root, encoding="unicode")
