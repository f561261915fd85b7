"""Enterprises from names and tags, variants of one firm merged, with the parcels they use.

Only what bears a name (or an operator) and stands on works land becomes a firm; a nameless works stays a parcel without
one. Rules on tags: ``osm_firms.csv``; words of names: ``osm_names.csv``; sectors: ``osm_sectors.csv``.
"""

from __future__ import annotations

import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...standards import Standards
from . import names, read
from .buildings import parcel_of
from .read import Extract

_CORE = ("industrial", "warehouse")
_SURE = 0.5  # confidence from which a sector guessed from the name also speaks for a firm
_LEAST_SHARE = 0.02


def enterprises(
    extract: Extract, parcels: gpd.GeoDataFrame, footprint: gpd.GeoDataFrame, standards: Standards
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The layers ``enterprises`` and ``occupancy``.

    Parameters
    ----------
    extract
        Everything in the study area, metric.
    parcels
        As ``land.parcels`` gives them.
    footprint
        As ``buildings.footprints`` gives them; their area decides the share of a parcel.
    """
    found = _candidates(extract, parcels, standards)
    if not len(found):
        blank = gpd.GeoDataFrame({"enterprise_id": []}, geometry=[], crs=parcels.crs)
        return blank, pd.DataFrame({"enterprise_id": [], "parcel_id": []})
    found["firm"] = _merge(found, standards.value("osm.merge_distance_m"))
    firms = _firms(found, parcels.crs)
    return firms, _occupancy(found, firms, parcels, footprint)


def _candidates(extract: Extract, parcels: gpd.GeoDataFrame, standards: Standards) -> gpd.GeoDataFrame:
    """Named features that are firms: ``osm``, ``name``, ``words``, ``parcel``, ``land``, ``sector``, ``sure``."""
    places = _places(extract)
    reach = standards.value("osm.firm_distance_m")
    use = parcels["land_use"].to_numpy()
    frames = []
    for features, shape in ((extract.areas, "area"), (extract.points, "point")):
        named = np.array([bool(t.keys() & {"name", "operator", "brand"}) for t in features["tags"]], bool)
        part = features[named].reset_index(drop=True)
        inside = part.geometry.representative_point()
        parcel, edge = (
            parcel_of(inside, parcels, reach),
            parcel_of(inside, parcels, standards.value("osm.firm_edge_m")),
        )
        rows = []
        for i in np.flatnonzero(parcel >= 0):
            tags = part["tags"].iloc[i]
            chosen = _judge(tags, shape, use[parcel[i]] in _CORE, edge[i] >= 0, places)
            if chosen is not None:
                land = shape == "area" and ("landuse" in tags or tags.get("building", "no") == "no")
                rows.append(
                    {
                        "osm": part["osm"].iloc[i],
                        "parcel": parcel[i],
                        "land": land,
                        **chosen,
                        "geometry": part.geometry.iloc[i],
                    }
                )
        frames.append(
            gpd.GeoDataFrame(
                rows,
                columns=[*["osm", "parcel", "land", "name", "words", "sector", "sure"], "geometry"],
                geometry="geometry",
                crs=parcels.crs,
            )
        )
    frame = pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
    return frame.iloc[np.argsort([read.sort_key(o) for o in frame["osm"]], kind="stable")].reset_index(drop=True)


def _places(extract: Extract) -> frozenset[str]:
    """Folded names of the places around, which tell no firms apart."""
    found = set()
    for frame in (extract.points, extract.areas):
        for tags in frame["tags"]:
            if "place" in tags or tags.get("boundary") == "administrative":
                found |= {tags.get("name", ""), tags.get("name", "").split(" ")[0]}
            found.add(tags.get("addr:city", ""))
    return frozenset(
        f for f in (names.fold(name) for name in found) if len(f) > 3 or (len(f) > 1 and not f.isascii())
    )


def _judge(
    tags: dict[str, str], shape: str, on_core: bool, close: bool, places: frozenset[str]
) -> dict[str, Any] | None:
    """Name, words and sector of the firm that a feature on works land shows, or None where it shows none."""
    rule = names.rule(tags)
    verdict = rule["verdict"]
    if verdict == "no":
        return _parking(tags, places) if tags.get("amenity") == "parking" else None
    name, words = _name(tags, places)
    if (
        not words
        or names.address(name)
        or names.speaks_of(name, "no")
        or any(names.speaks_of(name, kind) for kind in _FACILITIES)
    ):
        return None
    by_name = names.sector(name)
    legal = names.speaks_of(name, "legal")
    telling = legal or (by_name is not None and by_name.confidence >= _SURE)
    if verdict != "yes" and not close:
        return None
    if (verdict == "core" and not on_core) or (verdict == "legal" and not legal):
        return None
    if verdict == "bare" and ("name" not in tags or not (telling or (shape == "area" and on_core))):
        return None
    if verdict in ("bare", "core") and names.speaks_of(name, "dealer"):
        return None
    tagged = [_tagged(rule)] + [names.Sector(s.code, 0.9) for s in [names.sector(tags.get("product", ""))] if s]
    guesses = [s for s in (*tagged, by_name) if s is not None]
    best = max(guesses, key=lambda s: s.confidence, default=names.UNKNOWN)
    return {"name": name, "words": words, "sector": best.code, "sure": best.confidence}


_FACILITIES = ("wastewater", "solid_waste", "hazardous_waste", "water", "gas")


def _name(tags: dict[str, str], places: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """The first of name, operator and brand that tells a firm, and its words."""
    for key in ("name", "operator", "brand"):
        name = tags.get(key, "").split(";")[0].strip()
        words = names.core(name, places) if name else ()
        if words:
            return name, words
    return "", ()


def _parking(tags: dict[str, str], places: frozenset[str]) -> dict[str, Any] | None:
    """A private car park names the firm it belongs to, where that has a legal form."""
    operator = tags.get("operator", "")
    if tags.get("access") not in ("private", "employees", "no") or not names.speaks_of(operator, "legal"):
        return None
    words = names.core(operator, places)
    if not words or names.speaks_of(operator, "no"):
        return None
    guess = names.sector(operator) or names.UNKNOWN
    return {"name": operator, "words": words, "sector": guess.code, "sure": guess.confidence}


def _tagged(rule: dict[str, str]) -> names.Sector | None:
    return names.Sector(rule["sector"], float(rule["confidence"])) if rule["sector"] else None


def _merge(found: gpd.GeoDataFrame, reach: float) -> np.ndarray:
    """(n,) number of the firm of each candidate.

    The same words are the same firm wherever they stand. Near each other (or on one parcel) a name that begins
    another, or that agrees in all words but those of a sector, is the same firm too.
    """
    words = [tuple(w) for w in found["words"]]
    one, other = [np.arange(len(words))], [np.arange(len(words))]
    joined = pd.Series(["".join(w) for w in words])
    first = joined.groupby(joined).transform(lambda s: s.index[0]).to_numpy(int)
    one.append(np.arange(len(words)))
    other.append(first)
    shapes, parcel = np.asarray(found.geometry), found["parcel"].to_numpy()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=reach)
    pairs = {(i, j) for i, j in zip(a.tolist(), b.tolist(), strict=True) if i < j}
    for _, rows in found.groupby(parcel).groups.items():
        pairs |= {(i, j) for i in rows for j in rows if i < j and len(rows) < 60}
    same = [(i, j) for i, j in sorted(pairs) if _alike(words[i], words[j])]
    same += _coined(list(found["name"]), words)
    if same:
        left, right = np.array(same).T
        one.append(left)
        other.append(right)
    row, column = np.concatenate(one), np.concatenate(other)
    links = coo_array((np.ones(len(row)), (row, column)), shape=(len(words), len(words)))
    return connected_components(links, directed=False)[1]


def _coined(name: list[str], words: list[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Pairs in which a coined word alone (capitals inside it, as in ``EuWe``) begins the other name: one firm anywhere."""
    coined = [
        i for i, n in enumerate(name) if len(words[i]) == 1 and re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]", n.split()[0])
    ]
    return [(i, j) for i in coined for j in range(len(words)) if i != j and begins(words[i], words[j])]


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    short, long = sorted((one, other), key=len)
    if begins(short, long):
        return True
    a, b = names.proper(one), names.proper(other)
    return bool(a) and a == b


def begins(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether a name begins another, and with a word that is its own."""
    return names.proper(short[:1]) != () and len(short[0]) > 2 and long[: len(short)] == short


def _firms(found: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    """One row a firm: the best of its names, its surest sector, the middle of its largest piece."""
    rows = []
    for _, part in found.groupby("firm"):
        legal = [names.speaks_of(n, "legal") for n in part["name"]]
        order = sorted(
            range(len(part)), key=lambda i: (not legal[i], len(part["words"].iloc[i]), len(part["name"].iloc[i]), i)
        )
        sure = part["sure"].to_numpy()
        size = part.area.to_numpy()
        best = int(np.argmax(sure))
        rows.append(
            {
                "firm": part["firm"].iloc[0],
                "enterprise_id": "e-" + part["osm"].iloc[0],
                "name": part["name"].iloc[order[0]],
                "sector": part["sector"].iloc[best],
                "sector_confidence": float(sure[best]),
                "source": "OpenStreetMap " + " ".join(part["osm"]),
                "estimated": "sector",
                "geometry": shapely.point_on_surface(part.geometry.iloc[int(np.argmax(size))]),
            }
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)


def _occupancy(
    found: gpd.GeoDataFrame, firms: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, footprint: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Which firm uses which parcel, and what share of it, by the footprint of the buildings that name it.

    A firm that gives a piece of land its name has what others leave of it.
    """
    house = np.asarray(footprint.geometry)
    size = footprint["area_m2"].to_numpy()
    on = parcel_of(footprint.geometry.representative_point(), parcels)
    built = np.bincount(on[on >= 0], weights=size[on >= 0], minlength=len(parcels))
    inner = np.asarray(parcels.geometry.representative_point())
    claims: list[tuple[int, int, float]] = []  # firm, parcel, m2 of buildings (NaN: the rest of the parcel)
    mark: dict[int, list[int]] = {}
    points = np.asarray(found.geometry.representative_point())
    near, away = (
        shapely.STRtree(house).query_nearest(points, max_distance=20.0, all_matches=False)
        if len(house)
        else ([], [])
    )
    nearest = dict(zip(np.asarray(near).tolist(), np.asarray(away).tolist(), strict=True))
    for i, (firm, parcel, land) in enumerate(zip(found["firm"], found["parcel"], found["land"], strict=True)):
        if land:
            own = np.flatnonzero(
                (parcels["land_osm"] == found["osm"].iloc[i]).to_numpy()
                | shapely.intersects(found.geometry.iloc[i], inner)
            )
            claims += [(firm, int(p), np.nan) for p in (own if len(own) else [parcel])]
        elif i in nearest:
            mark.setdefault(nearest[i], []).append(i)
        else:
            claims.append((firm, parcel, 0.0))
    for building, rows in sorted(mark.items()):
        owners = sorted({found["firm"].iloc[i] for i in rows})
        where = int(on[building]) if on[building] >= 0 else int(found["parcel"].iloc[rows[0]])
        claims += [(firm, where, size[building] / len(owners)) for firm in owners]
    table = pd.DataFrame(claims, columns=["firm", "parcel", "m2"])
    table["land"] = table["m2"].isna()
    table = table.groupby(["firm", "parcel"], as_index=False).agg(m2=("m2", "sum"), land=("land", "max"))
    table["share"] = _shares(table, built, parcels["single"].to_numpy())
    table["enterprise_id"] = table["firm"].map(firms.set_index("firm")["enterprise_id"])
    table["parcel_id"] = parcels["parcel_id"].to_numpy()[table["parcel"]]
    return table[["enterprise_id", "parcel_id", "share"]].assign(source="OpenStreetMap", estimated="share")


def _shares(table: pd.DataFrame, built: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Share of each claim in its parcel, at most 1 in all; all of it for the one firm of land drawn as one works."""
    parcel = table["parcel"].to_numpy()
    count = table.groupby("parcel")["firm"].transform("size").to_numpy()
    claimed = table.groupby("parcel")["m2"].transform("sum").to_numpy()
    whole = np.maximum(np.maximum(built[parcel], claimed), 1.0)
    share = np.where(table["m2"] > 0, table["m2"] / whole, np.where(count == 1, 1.0, 0.5 / count))
    share = np.where((count == 1) & single[parcel], 1.0, share)
    share = np.clip(share, _LEAST_SHARE, 1.0)
    land = table["land"].to_numpy()
    others = pd.Series(np.where(land, 0.0, share)).groupby(parcel).transform("sum").to_numpy()
    owners = pd.Series(land.astype(float)).groupby(parcel).transform("sum").to_numpy()
    share = np.where(land, np.maximum(1.0 - others, _LEAST_SHARE) / np.maximum(owners, 1.0), share)
    total = pd.Series(share).groupby(parcel).transform("sum").to_numpy()
    return np.floor(share / np.maximum(total, 1.0) * 1e4) / 1e4
