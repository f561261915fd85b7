"""How QGIS draws the features of a layer: symbols, classes and their legends, as XML of a style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from xml.etree.ElementTree import Element, SubElement

from . import symbology
from .describe import Field
from .numbers import Style
from .symbology import Class, Look

# The same side of the street whichever way a line was drawn.
OFFSET_SIDE = (
    "if(x(start_point($geometry))<x(end_point($geometry)) OR (x(start_point($geometry))=x(end_point($geometry))"
    " AND y(start_point($geometry))<y(end_point($geometry))),1,-1)"
)


def _rgba(colour: str, opacity: float = 1.0) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _options(parent: Element, values: Mapping[str, str]) -> None:
    table = SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        SubElement(table, "Option", name=name, type="QString", value=value)


def _layer(
    symbol: Element, kind: str, values: Mapping[str, str], sized: Mapping[str, str] | None = None
) -> Element:
    """One symbol layer; ``sized`` maps data-defined properties to expressions."""
    layer = SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    _options(layer, values)
    if sized:
        defined = SubElement(layer, "data_defined_properties")
        top = SubElement(defined, "Option", type="Map")
        SubElement(top, "Option", name="name", type="QString", value="")
        inner = SubElement(top, "Option", name="properties", type="Map")
        for name, expression in sized.items():
            prop = SubElement(inner, "Option", name=name, type="Map")
            SubElement(prop, "Option", name="active", type="bool", value="true")
            SubElement(prop, "Option", name="expression", type="QString", value=expression)
            SubElement(prop, "Option", name="type", type="int", value="3")
        SubElement(top, "Option", name="type", type="QString", value="collection")
    return layer


def _size(look: Look, fields_: Mapping[str, Field], key: str) -> dict[str, str]:
    """The size of a row as ``symbology.sizes`` has it: of the first column that holds a number."""
    scaled = [
        f'scale_exp("{name}",{low:g},{high:g},{look.size_mm:g},{look.size_max_mm:g},0.5)'
        for name, (low, high) in zip(look.size_by, look.size_range, strict=True)
        if name in fields_
    ]
    return {key: f"coalesce({','.join(scaled)},{look.size_mm:g})"} if scaled else {}


def _line(symbol: Element, look: Look, one: Class, columns: Mapping[str, Field], offset: float) -> None:
    def stroke(colour: str, width: float, dashed: bool) -> dict[str, str]:
        return {
            "line_color": _rgba(colour, look.opacity),
            "line_width": f"{width:g}",
            "line_width_unit": "MM",
            "capstyle": "flat" if dashed else "round",
            "joinstyle": "round",
            "use_custom_dash": "1" if dashed else "0",
            "customdash": "2.4;1.2",
            "customdash_unit": "MM",
        }

    sized = _size(look, columns, "outlineWidth")
    aside = {"offset": f"{OFFSET_SIDE}*{offset:g}"} if offset else {}
    _layer(symbol, "SimpleLine", stroke(one.colour, look.size_mm, one.dashed), {**sized, **aside})
    if one.second:
        _layer(symbol, "SimpleLine", stroke(one.second, look.size_mm * 0.6, True), aside)
    if look.marker == "arrow":
        layer = _layer(symbol, "MarkerLine", {"placement": "centralpoint", "rotate": "1"})
        head = SubElement(layer, "symbol", name=f"@{symbol.get('name')}@1", type="marker", alpha="1")
        _layer(
            head,
            "SimpleMarker",
            {
                "name": "filled_arrowhead",
                "color": _rgba(one.colour),
                "outline_style": "no",
                "size": "3.4",
                "size_unit": "MM",
            },
        )


def _shape(look: Look, columns: Mapping[str, Field]) -> dict[str, str]:
    """The marker of rows whose code has one of its own."""
    cases = [
        f"WHEN \"{name}\" = '{code}' THEN '{marker}'" for name, code, marker in look.markers if name in columns
    ]
    return {"name": f"CASE {' '.join(cases)} ELSE '{look.marker}' END"} if cases else {}


def _marker(symbol: Element, look: Look, one: Class, columns: Mapping[str, Field]) -> None:
    hollow = one.value in {"rejected", "eligible"}
    _layer(
        symbol,
        "SimpleMarker",
        {
            "name": look.marker or "circle",
            "color": _rgba(one.colour, 0.0 if hollow else look.opacity),
            "outline_color": _rgba(one.colour if hollow else one.second or look.outline or "#ffffff"),
            "outline_width": f"{look.outline_mm:g}",
            "outline_style": "solid",
            "size": f"{look.size_mm:g}",
            "size_unit": "MM",
        },
        {**_size(look, columns, "size"), **_shape(look, columns)},
    )


def _fill(symbol: Element, look: Look, one: Class) -> None:
    edge = one.colour if look.outline == "same" else look.outline or one.colour
    if look.hatch:
        pattern = _layer(symbol, "LinePatternFill", {"angle": "45", "distance": "2.2", "distance_unit": "MM"})
        lines = SubElement(pattern, "symbol", name=f"@{symbol.get('name')}@0", type="line", alpha="1")
        _layer(lines, "SimpleLine", {"line_color": _rgba(one.colour, look.opacity), "line_width": "0.2"})
    _layer(
        symbol,
        "SimpleFill",
        {
            "color": _rgba(one.colour, look.opacity),
            "style": "no" if look.hatch or look.opacity == 0 else "solid",
            "outline_color": _rgba(edge),
            "outline_style": "solid" if look.outline_mm else "no",
            "outline_width": f"{look.outline_mm:g}",
        },
    )


def _symbol(
    parent: Element, name: str, look: Look, one: Class, columns: Mapping[str, Field], offset: float = 0.0
) -> None:
    kind = {"line": "line", "point": "marker"}.get(look.geometry, "fill")
    symbol = SubElement(parent, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0")
    if look.geometry == "line":
        _line(symbol, look, one, columns, offset)
    elif look.geometry == "point":
        _marker(symbol, look, one, columns)
    elif look.geometry == "polygon":
        _fill(symbol, look, one)
    else:
        edge = {"color": "0,0,0,0", "style": "no", "outline_color": _rgba(one.colour), "outline_width": "0.3"}
        if one.value != "rejected":
            _layer(symbol, "SimpleFill", edge)
        centre = _layer(symbol, "CentroidFill", {"point_on_surface": "1"})
        mark = SubElement(centre, "symbol", name=f"@{name}@1", type="marker", alpha="1")
        _marker(mark, look, one, columns)


def add_renderer(
    root: Element,
    look: Look,
    found: list[Class],
    columns: Mapping[str, Field],
    style: Style,
    sizes: list[tuple[str, float]],
) -> None:
    """The symbols; ``sizes`` are the entries of a legend of sizes."""
    if look.graduated and set(look.classify) <= set(columns):
        kind, attribute = "graduatedSymbol", look.classify[0]
        if look.where:  # other rows have no class and are not drawn
            attribute = f'if("{look.where[0]}"=\'{look.where[1]}\',"{look.classify[0]}",NULL)'
    elif look.classify and set(look.classify) <= set(columns):
        kind = "categorizedSymbol"
        attribute = f" || '{symbology.SEPARATOR}' || ".join(f'"{name}"' for name in look.classify)
        attribute = look.classify[0] if len(look.classify) == 1 else attribute
    else:
        renderer = SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0")
        _symbol(SubElement(renderer, "symbols"), "0", look, found[0], columns)
        _order(renderer, look, columns)
        _marker_sizes(renderer, look, found[0], columns, sizes)
        return
    renderer = SubElement(
        root, "renderer-v2", type=kind, attr=attribute, symbollevels="0", graduatedMethod="GraduatedColor"
    )
    entries = SubElement(renderer, "ranges" if look.graduated else "categories")
    symbols = SubElement(renderer, "symbols")
    offsets = symbology.spread(look, found)
    for position, one in enumerate(found):
        name = str(position)
        if look.graduated:
            bounds = {"lower": f"{one.low:.15g}", "upper": f"{one.high:.15g}"}
            SubElement(entries, "range", {**bounds, "label": one.label, "symbol": name, "render": "true"})
        else:
            SubElement(
                entries, "category", value=one.value, label=one.label, symbol=name, render="true", type="string"
            )
        _symbol(symbols, name, look, one, columns, offsets[position])
    if kind == "categorizedSymbol":
        _explain(entries, symbols, look, columns, style, sizes)
    _order(renderer, look, columns)


def _order(renderer: Element, look: Look, columns: Mapping[str, Field]) -> None:
    """Draw the largest first, so that they hide nothing; of areas one within the other the highest last."""
    size = _size(look, columns, "size")
    if size or look.levels:
        renderer.set("enableorderby", "1")
        rising = "1" if look.levels else "0"
        clause = SubElement(SubElement(renderer, "orderby"), "orderByClause", asc=rising, nullsFirst=rising)
        clause.text = f'"{look.classify[0]}"' if look.levels else size["size"]


def _marker_sizes(
    renderer: Element, look: Look, one: Class, columns: Mapping[str, Field], sizes: list[tuple[str, float]]
) -> None:
    """What the sizes of points mean, as entries of the legend."""
    if look.geometry == "point" and sizes:
        title = next(columns[name].label for name in look.size_by if name in columns)
        legend = SubElement(renderer, "data-defined-size-legend", type="separated", valign="bottom", title=title)
        _symbol(legend, "source", look, one, {})
        classes = SubElement(legend, "classes")
        for label, size in sizes:
            SubElement(classes, "class", size=f"{size:g}", label=label)


def _explain(
    entries: Element,
    symbols: Element,
    look: Look,
    columns: Mapping[str, Field],
    style: Style,
    sizes: list[tuple[str, float]],
) -> None:
    """Entries of the legend that no row has: what widths of lines and forms of markers mean."""
    plain = Class("", "", symbology.colour("plain", "node"))
    wanted = [(label, replace(look, size_mm=size, marker="")) for label, size in sizes if look.geometry == "line"]
    wanted += [
        (style.code(columns[name].codes, code), replace(look, marker=marker, markers=(), size_mm=3.2))
        for name, code, marker in look.markers
        if name in columns
    ]
    for label, drawn in wanted:
        name = str(len(symbols))
        _symbol(symbols, name, drawn, plain, {})
        value = f"legend {name}"
        SubElement(entries, "category", value=value, label=label, symbol=name, render="true", type="string")
