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
from .occupancy import occupancy
from .read import Extract

_CORE = ("industrial", "warehouse")
_OWN = ("website", "url", "phone", "email", "fax", "contact:", "operator", "brand", "wikidata")
_COLUMNS = ["osm", "geometry", "parcel", "land", "name", "words", "sector", "sure", "firm_like"]
_SURE = 0.5  # confidence from which a sector guessed from the name also speaks for a firm


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
    found = found[~_units(found, parcels)].reset_index(drop=True)
    if not len(found):
        blank = gpd.GeoDataFrame({"enterprise_id": []}, geometry=[], crs=parcels.crs)
        return blank, pd.DataFrame({"enterprise_id": [], "parcel_id": []})
    found["firm"] = _merge(found, standards.value("osm.merge_distance_m"))
    firms = _firms(found, parcels.crs)
    return firms, occupancy(found, firms, parcels, footprint)


def _candidates(extract: Extract, parcels: gpd.GeoDataFrame, standards: Standards) -> gpd.GeoDataFrame:
    """Named features that are firms: ``osm``, ``name``, ``words``, ``parcel``, ``land``, ``sector``, ``sure``,
    ``firm_like``."""
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
                where = {
                    "osm": part["osm"].iloc[i],
                    "geometry": part.geometry.iloc[i],
                    "parcel": parcel[i],
                    "land": land,
                }
                rows.append({**where, **chosen})
        frames.append(gpd.GeoDataFrame(rows, columns=_COLUMNS, geometry="geometry", crs=parcels.crs))
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
    if (verdict == "core" and not (on_core and (telling or shape == "area"))) or (verdict == "legal" and not legal):
        return None
    if verdict == "bare" and ("name" not in tags or not (telling or (shape == "area" and on_core))):
        return None
    if verdict in ("bare", "core") and names.speaks_of(name, "dealer"):
        return None
    tagged = [_tagged(rule)] + [names.Sector(s.code, 0.9) for s in [names.sector(tags.get("product", ""))] if s]
    guesses = [s for s in (*tagged, by_name) if s is not None]
    best = max(guesses, key=lambda s: s.confidence, default=names.UNKNOWN)
    firm_like = verdict in ("yes", "land") and rule["key"] not in ("building", "landuse")
    firm_like |= any(key.startswith(_OWN) for key in tags)
    return {"name": name, "words": words, "sector": best.code, "sure": best.confidence, "firm_like": firm_like}


def _units(found: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> np.ndarray:
    """True for the halls and units of a works that only bear a name of their own, such as ``"Rolling mill 2"``.

    They lie on land that bears a firm's name, and nothing (legal form, tag of a works, address of their own) says that
    they are another firm. A name made of nothing but words of a sector is also a unit wherever a firm of that land is
    known by a proper name.
    """
    land = parcels["land_osm"].to_numpy()[found["parcel"].to_numpy(int)]
    legal = np.array([names.speaks_of(n, "legal") for n in found["name"]], bool)
    own = np.array([bool(names.proper(w)) for w in found["words"]], bool)
    weak = ~found["firm_like"].to_numpy(bool) & ~legal
    named = set(found["osm"][found["land"].to_numpy(bool) & own])
    proper = set(land[own & legal]) | named
    on_named = np.isin(land, sorted(named)) & (land != found["osm"].to_numpy())
    return weak & (on_named | (~own & np.isin(land, sorted(proper)) & ~found["land"].to_numpy(bool)))


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
    return {"name": operator, "words": words, "sector": guess.code, "sure": guess.confidence, "firm_like": True}


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
