"""The facilities and the air: wind roses, people exposed, protection distances, what plumes add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from . import symbology
from .charts import WIDE, Series
from .describe import Names, fields, records
from .landparts import LONG, Tables, has
from .numbers import Style, empty, significant, whole
from .parts import Block, Chart, Section, Table, bars, plain_table, table
from .sitingparts import TOP, by_utility, labels, number, one_series, percent, site_name, yes
from .symbology import colour
from .windrose import Wind, direction, roses

SEASONS = ("year", "summer", "winter", "spring", "autumn")
SPEEDS = (1.0, 2.0, 3.0, 4.0, 6.0)  # upper limits in m/s of the classes of mean speed but the last
BEARINGS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
FIRST = 3  # receptors told of each site
RAREST = 3  # directions of one frequency that are marked at most


def compass(style: Style) -> list[str]:
    """The 16 directions from north clockwise."""
    return style.t("siting.compass").split(" ")


def wind(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Roses of each season, the least frequent direction in summer marked."""
    block = Block(style.t("siting.wind"), method=style.t("siting.wind.method"))
    frame = tables.get("wind_rose")
    if frame is None or not has(frame, "season", "direction_deg", "frequency_pct"):
        return block
    used = frame[yes(frame["used"])] if "used" in frame else frame
    used = used[used["frequency_pct"].notna()]
    unused = [s for s in frame["season"].unique() if s not in set(used["season"])]
    if unused:
        block.warn.append(style.t("siting.wind.unused", seasons=_seasons(unused, style)))
    if used.empty:
        return block
    present = [s for s in SEASONS if s in set(used["season"])]
    decisive = "summer" if "summer" in present else present[0]
    shown = [_wind(s, used[used["season"] == s], s == decisive, style) for s in present]
    block.lead.append(_lead(decisive, used[used["season"] == decisive], style))
    title = style.t("chart.rose")
    svg = roses(shown, _speeds(style), compass(style), {
        "title": title, "unknown": style.t("chart.rose.unknown"), "calm": style.t("chart.rose.calm"),
        "marked": style.t("chart.rose.least", season=_seasons([decisive], style)),
    })  # fmt: skip
    source = sorted({str(v) for v in used["source"] if not empty(v)}) if "source" in used else []
    note = style.t("chart.rose.note")
    note += (
        (" " if style.lang == "en" else "") + style.t("chart.rose.source", source=style.t("comma").join(source))
        if source
        else ""
    )
    block.charts += [Chart(title, svg, note)] if svg else []
    block.tables.append(_rose_table(used, present, style))
    return block


def _seasons(codes: Sequence[str], style: Style) -> str:
    return style.t("comma").join(style.code("season", code) for code in codes)


def _speeds(style: Style) -> list[tuple[float, str, str]]:
    """Classes of the mean speed: upper limit, label, colour."""
    shades = [shade for shade, _ in symbology.palette("wind").values()]
    found, low = [], 0.0
    for k, shade in enumerate(shades):
        top = SPEEDS[k] if k < len(SPEEDS) else float("inf")
        key = "from" if np.isinf(top) else "below" if k == 0 else "between"
        label = style.t(f"chart.rose.{key}", low=f"{low:g}", high=f"{top:g}")
        found.append((top, label, shade))
        low = top
    return found


def _least(mine: pd.DataFrame) -> list[int]:
    """Positions of the least frequent directions; none where so many are alike that there is nothing to choose."""
    share = mine["frequency_pct"].to_numpy(dtype=float)
    found = np.flatnonzero(share <= share.min() + 1e-9)
    return found.tolist() if len(found) <= RAREST else []


def _named(mine: pd.DataFrame, places: Sequence[int], style: Style) -> str:
    bearings = mine["direction_deg"].to_numpy(dtype=float)
    return style.t("comma").join(direction(float(bearings[k]), compass(style)) for k in places)


def _calm(mine: pd.DataFrame) -> float:
    known = mine["calm_pct"].dropna().tolist() if "calm_pct" in mine else []
    return float(known[0]) if known else max(100.0 - float(mine["frequency_pct"].sum()), 0.0)


def _wind(season: str, mine: pd.DataFrame, decisive: bool, style: Style) -> Wind:
    share = mine["frequency_pct"].to_numpy(dtype=float)
    speed = mine["speed_m_s"].to_numpy(dtype=float) if "speed_m_s" in mine else np.full(len(mine), np.nan)
    least = _least(mine)
    most = int(np.argmax(share))
    foot = style.t("chart.rose.most", most=_named(mine, [most], style), share=significant(float(share[most])))
    if least:
        low = significant(float(share[least[0]]))
        foot += style.t("semicolon") + style.t("chart.rose.rarest", least=_named(mine, least, style), share=low)
    told = np.isfinite(speed) & (share > 0)
    calm = f"{style.t('chart.rose.calm')} {significant(_calm(mine))}%"
    second = [calm]
    if told.any():
        mean = float((speed[told] * share[told]).sum() / share[told].sum())
        second.insert(0, style.t("chart.rose.mean", speed=significant(mean, 2)))
    bearing = mine["direction_deg"].to_numpy(dtype=float)
    return Wind(
        style.code("season", season), bearing, share, speed, _calm(mine), least if decisive else (),
        (foot, style.t("semicolon").join(second)),
    )  # fmt: skip


def _lead(season: str, mine: pd.DataFrame, style: Style) -> str:
    """From where the wind blows least, and what that means for works that smell."""
    least, share = _least(mine), mine["frequency_pct"].to_numpy(dtype=float)
    called = style.code("season", season)
    if not least:
        return style.t("siting.wind.even", season=called)
    most = int(np.argmax(share))
    return style.t(
        "siting.wind.lead",
        season=called,
        least=_named(mine, least, style),
        low=significant(float(share[least[0]])),
        most=_named(mine, [most], style),
        high=significant(float(share[most])),
    )


def _rose_table(used: pd.DataFrame, present: Sequence[str], style: Style) -> Table:
    """Frequencies and mean speeds by direction, a pair of columns a season."""
    described = fields("wind_rose", used, style.lang)
    heads = [(described["direction_deg"].label, False)]
    columns = [c for c in ("frequency_pct", "speed_m_s") if c in used and used[c].notna().any()]
    values = {}
    for season in present:
        mine = used[used["season"] == season].set_index("direction_deg")
        for name in columns:
            unit = style.unit(described[name].unit).label
            heads.append((f"{style.code('season', season)} {described[name].label} ({unit})", True))
            values[len(heads) - 1] = mine[name].to_dict()
    lines = []
    for bearing in sorted(set(used["direction_deg"].astype(float))):
        row: list[object] = [f"{direction(bearing, compass(style))} {bearing:g}°"]
        for k in range(1, len(heads)):
            value = number(values[k].get(bearing))
            row.append("" if value is None else (significant(value), value))
        lines.append(row)
    return plain_table("wind_rose", style.t("table.wind_rose"), heads, lines, folded=True)


def exposure(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Who is exposed to each site: the receptors that count most."""
    block = Block(style.t("siting.exposure"), method=style.t("siting.exposure.method"))
    frame = tables.get("site_exposure")
    if frame is None or not has(frame, "site_id", "utility", "share_pct", "area_id"):
        return block
    frame = frame[frame["share_pct"].notna()]
    if frame.empty:
        return block
    known = frame.assign(area_id=[_receptor(row, style) for row in records(frame)])
    if "comes_from_deg" in known:
        told = [direction_of(v, style) for v in known["comes_from_deg"]]
        label = fields("site_exposure", frame, style.lang)["comes_from_deg"].label
        known = known.assign(**{label: told})
    else:
        label = ""
    first = by_utility(known.sort_values(["site_id", "share_pct"], ascending=[True, False], kind="stable"))
    first = first.groupby("site_id", sort=False).head(FIRST)
    top = records(_by_exposed(first, tables))[0]
    block.lead.append(
        style.t(
            "siting.exposure.lead",
            site=site_name(top, style, names),
            area=top["area_id"],
            people=style.quantity(top.get("people"), "persons") or "–",
            distance=style.quantity(top.get("distance_m"), "m") or "–",
            share=significant(round(float(top["share_pct"]))),
        )
    )
    block.charts += _most_exposed(known, tables, style, names)
    columns = (
        "site_id", "utility", "area_id", "kind", "people", "distance_m", label, "frequency_pct", "frequency_year_pct",
        "share_pct", "concentration_ug_m3", "pollutant",
    )  # fmt: skip
    caption = style.t("siting.exposure.table", first=FIRST)
    block.tables += table("site_exposure", first, columns, style, names, caption=caption, folded=len(first) > LONG)
    return block


def _most_exposed(known: pd.DataFrame, tables: Tables, style: Style, names: Names) -> list[Chart]:
    """The receptors that count most of all sites."""
    ranked = _by_exposed(known, tables)
    if not ranked["worth"].gt(0).any() or not has(tables.get("sites"), "exposed"):
        return []
    first = ranked[ranked["worth"] > 0].head(TOP // 2)
    label = [f"{row['area_id']} ← {site_name(row, style, names)}" for row in records(first)]
    one = one_series(first, [float(v) / 100 for v in first["worth"]], style.t("chart.exposed.value"))
    distance = [style.quantity(v, "m") for v in first["distance_m"]] if "distance_m" in first else []
    beside = {"beside": (distance, style.t("chart.exposed.beside"))} if distance else {}
    return bars(style, "exposed", label, [one], style.unit("persons").label, width=WIDE, **beside)


def _receptor(row: Mapping[str, object], style: Style) -> str:
    """What a receptor is called; people of a raster by direction and distance (``raster:SW:1000``)."""
    if not empty(row.get("name")):
        return str(row["name"])
    kind, *where = str(row["area_id"]).split(":")
    if kind == "raster" and len(where) == 2 and where[0] in BEARINGS:
        way = compass(style)[2 * BEARINGS.index(where[0])]
        return style.t("siting.exposure.raster", way=way, far=style.quantity(float(where[1]), "m"))
    return str(row["area_id"])


def direction_of(bearing: object, style: Style) -> str:
    """The nearest of the 16 directions."""
    known = number(bearing)
    return "" if known is None else compass(style)[round(known / 22.5) % 16]


def _by_exposed(first: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Receptors of the site that exposes most people first."""
    sites = tables.get("sites")
    weight = (
        dict(zip(sites["site_id"], sites["exposed"], strict=True))
        if sites is not None and has(sites, "site_id", "exposed")
        else {}
    )
    worth = first["share_pct"] * first["site_id"].map(weight).fillna(0.0 if weight else 1.0).astype(float)
    return first.assign(worth=worth).sort_values("worth", ascending=False, kind="stable")


def protection(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """Protection distances computed, and how far people really are."""
    block = Block(style.t("siting.protection"), method=style.t("siting.protection.method"))
    frame = tables.get("site_protection")
    if frame is None or not has(frame, "site_id", "utility", "site_m", "kept"):
        return block
    known = by_utility(frame, "site_id", "pollutant")
    each = known.drop_duplicates("site_id")
    each = each.assign(kept=[bool(yes(known.loc[known["site_id"] == s, "kept"]).all()) for s in each["site_id"]])
    missed = each[~each["kept"]]
    block.lead.append(style.t("siting.protection.lead", kept=whole(len(each) - len(missed)), all=whole(len(each))))
    for row in records(missed):
        block.warn.append(
            style.t(
                "siting.protection.missed",
                site=site_name(row, style, names),
                people=style.quantity(row.get("people_m"), "m"),
                distance=style.quantity(row["site_m"], "m"),
            )
        )
    if len(each) <= TOP:
        near = [number(v) for v in each["people_m"]] if "people_m" in each else [None] * len(each)
        one = one_series(each, [float(v) for v in each["site_m"]], style.t("chart.protection.value"))
        marks = (near, style.t("chart.protection.people"))
        block.charts += bars(style, "protection", labels(each, style, names), [one], "m", width=WIDE, marks=marks)
    columns = (
        "site_id", "utility", "pollutant", "qc_kg_h", "cm_mg_m3", "area_m2", "wind_m_s", "class", "distance_m", "rounded_m",
        "site_m", "people_m", "kept", "confidence",
    )  # fmt: skip
    block.tables += table("site_protection", known, columns, style, names, folded=len(known) > LONG)
    return block


def plumes(section: Section, tables: Tables, style: Style, names: Names) -> Block:
    """What each works adds to the air at worst, in percent of the limit."""
    block = Block(style.t("siting.plumes"), method=style.t("siting.plumes.method"))
    frame = tables.get("plume_contours")
    if frame is None or not has(frame, "site_id", "utility", "pollutant", "period", "highest_ug_m3", "limit_ug_m3"):
        return block
    keys = ["site_id", "pollutant", "period"]
    known = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).drop_duplicates(keys)
    known = by_utility(known[(known["limit_ug_m3"] > 0) & known["highest_ug_m3"].notna()], *keys)
    if known.empty:
        return block
    known = known.assign(share_pct=100 * known["highest_ug_m3"] / known["limit_ug_m3"])
    worst = records(known.sort_values("share_pct", ascending=False, kind="stable"))[0]
    block.lead.append(
        style.t(
            "siting.plumes.lead",
            site=site_name(worst, style, names),
            share=percent(float(worst["share_pct"])),
            pollutant=style.code("air_pollutant", str(worst["pollutant"])).lower(),
            period=style.code("plume_period", str(worst["period"])).lower(),
        )
    )
    block.charts += _highest(known, style, names)
    columns = (
        "site_id", "utility", "pollutant", "period", "highest_ug_m3", "limit_ug_m3", "share_pct", "stack_height_m",
        "emission_g_s", "rise_m", "scheme", "stability", "confidence",
    )  # fmt: skip
    caption = style.t("siting.plumes.table")
    block.tables += table("plume_contours", known, columns, style, names, caption=caption, folded=True)
    return block


def _highest(known: pd.DataFrame, style: Style, names: Names) -> list[Chart]:
    """Bars of the worst hour and of the mean of the year, of the works that add most."""
    wide = known.pivot_table(
        index=["site_id", "utility", "pollutant"], columns="period", values="share_pct", sort=False
    )
    wide = wide.reset_index()
    periods = [p for p in ("worst_hour", "annual") if p in wide]
    if not periods:
        return []
    wide = wide.sort_values(periods[0], ascending=False, kind="stable").drop_duplicates("site_id").head(TOP)
    label = [
        style.t(
            "siting.of", site=site_name(row, style, names), what=style.code("air_pollutant", str(row["pollutant"]))
        )
        for row in records(wide)
    ]
    hues = {"worst_hour": colour("chart", "accent"), "annual": colour("chart", "today")}
    series = [Series(style.code("plume_period", p), hues[p], [number(v) for v in wide[p]]) for p in periods]
    top = max(v for one in series for v in one.values if v is not None)
    limit = {"limit": (100.0, style.t("chart.plumes.limit"))} if top > 40 else {}
    return bars(style, "plumes", label, series, "%", width=WIDE, **limit)
