"""The step's result tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely

from ..park.model import Park
from ..tables import result_table
from . import graph, naming, profiles
from .communities import Groups
from .members import leading
from .significance import Significance


def make(
    park: Park,
    relevance: graph.Relevance,
    exchanges: pd.DataFrame,
    shared_out: bool,
    number: np.ndarray,
    ties: pd.DataFrame,
    groups: Groups,
    test: Significance,
    methods: pd.DataFrame,
    drawn: Mapping[int, shapely.Geometry],
) -> dict[str, pd.DataFrame]:
    """All tables by name, as ``resources/schema/results`` describes them.

    Parameters
    ----------
    exchanges
        Columns as in ``flows.existing``; ``shared_out`` says whether possible ones are those of the step ``links``.
    number
        (n,) group of each firm, -1 without one.
    ties
        ``members.members``.
    drawn
        ``areas.draw``.
    """
    count = int(number.max(initial=-1)) + 1
    called = _called(park, exchanges, number, ties, count)
    inside, total = (
        np.bincount(number[number >= 0], ties[name][number >= 0], minlength=count) for name in ("inside", "total")
    )
    guess = _guessed(relevance.pairs, len(number))
    rough = np.bincount(number[guess & (number >= 0)], minlength=count) > 0
    measured = {
        # groups made to a number may hold firms that nothing ties
        "internal_weight_share": np.divide(inside, total, out=np.full(count, np.nan), where=total > 0),
        "stability": groups.firmness[:count],
        "p_value": test.group_p[:count],
    }
    return {
        "cluster_areas": _areas(park, called, measured, rough, drawn),
        "cluster_members": _members(park, number, ties, guess, groups, relevance),
        "cluster_profiles": _profiles(park, exchanges, shared_out, number, ties, called, measured, rough, test),
        "cluster_methods": result_table("cluster_methods", methods.assign(estimated="")),
        "relevance": _relevance(park, relevance),
    }


def _guessed(pairs: pd.DataFrame, n: int) -> np.ndarray:
    """Firms (n,) some tie of which rests on estimates."""
    mine = pairs.loc[pairs["guess"].astype(bool), ["low", "high"]].to_numpy(int)
    return np.asarray(np.bincount(mine.ravel(), minlength=n) > 0)


def codes(number: np.ndarray, count: int) -> np.ndarray:
    """Ids of groups (C01, C02, ...), empty for firms without one."""
    width = max(2, len(str(count)))
    return np.array([f"C{k + 1:0{width}d}" if k >= 0 else "" for k in number], dtype=object)


def _called(
    park: Park, exchanges: pd.DataFrame, number: np.ndarray, ties: pd.DataFrame, count: int
) -> dict[str, list]:
    """Columns that tell which group it is: id, names, chains, number of firms, sectors."""
    sector, inside = park["enterprises"]["sector"].to_numpy(), ties["inside"].to_numpy()
    sectors = [leading(sector[number == k], inside[number == k]) for k in range(count)]
    chains = profiles.chains(profiles.inside(park, exchanges, number), count)
    found: dict[str, list] = {"cluster_id": list(codes(np.arange(count), count))}
    for lang in ("en", "zh"):
        found[f"chain_{lang}"] = [naming.spelled(chain, lang) for chain in chains]
        found[f"name_{lang}"] = naming.names(found[f"chain_{lang}"], sectors, lang)
    return {
        **found,
        "firms": [int((number == k).sum()) for k in range(count)],
        "sectors": [";".join(of) for of in sectors],
    }


def _areas(
    park: Park,
    called: dict[str, list],
    measured: Mapping[str, object],
    rough: np.ndarray,
    drawn: Mapping[int, shapely.Geometry],
) -> pd.DataFrame:
    count = len(called["firms"])
    shapes = [drawn.get(k) for k in range(count)]
    area = [shape.area if shape is not None else np.nan for shape in shapes]
    guessed = np.where(rough, "internal_weight_share", "")
    columns = {**called, **measured, "area_m2": area, "estimated": guessed}
    return result_table("cluster_areas", columns, shapes, park.crs)


def _profiles(
    park: Park,
    exchanges: pd.DataFrame,
    shared_out: bool,
    number: np.ndarray,
    ties: pd.DataFrame,
    called: dict[str, list],
    measured: Mapping[str, object],
    rough: np.ndarray,
    test: Significance,
) -> pd.DataFrame:
    count = len(called["firms"])
    inside = profiles.inside(park, exchanges, number)
    own, role, strength = profiles.firms(park, number, count), ties["role"].to_numpy(), ties["strength"].to_numpy()
    ids = park["enterprises"]["enterprise_id"].to_numpy()
    told = zip(rough, own.pop("estimated"), profiles.guesses(inside, count), strict=True)
    guessed = [";".join(["internal_weight_share"] * bool(tied) + a + b) for tied, a, b in told]
    columns = {
        **called,
        **measured,
        "z_score": test.group_z[:count],
        **own,
        **profiles.amounts(inside, count, shared_out),
        "flows_en": profiles.leading(park, inside, count, "en"),
        "flows_zh": profiles.leading(park, inside, count, "zh"),
        "core_firms": profiles.listed(ids, number, strength, role == "core", count),
        "bridges": profiles.listed(ids, number, strength, role == "bridge", count),
        "estimated": guessed,
    }
    return result_table("cluster_profiles", columns)


def _members(
    park: Park,
    number: np.ndarray,
    ties: pd.DataFrame,
    guess: np.ndarray,
    groups: Groups,
    relevance: graph.Relevance,
) -> pd.DataFrame:
    firms, count = park["enterprises"], int(number.max(initial=-1)) + 1
    columns = {
        "enterprise_id": firms["enterprise_id"],
        "cluster_id": codes(number, count),
        "sector": firms["sector"],
        **{name: ties[name] for name in ("role", "strength", "inside_share", "participation")},
        "second_cluster_id": codes(ties["second"].to_numpy(int), count),
        "stability": groups.stability,
        "estimated": np.where(guess, "strength;inside_share;participation", ""),
    }
    return result_table("cluster_members", columns, relevance.points, park.crs)


def _relevance(park: Park, relevance: graph.Relevance) -> pd.DataFrame:
    pairs, place = relevance.pairs, relevance.points.to_numpy()
    firm = park["enterprises"]["enterprise_id"].to_numpy()
    one, two = firm[pairs["low"].to_numpy(int)], firm[pairs["high"].to_numpy(int)]
    shapes = [
        shapely.LineString([place[a], place[b]]) if place[a] is not None and place[b] is not None else None
        for a, b in zip(pairs["low"], pairs["high"], strict=True)
    ]
    columns = {
        "relevance_id": [f"{a}--{b}" for a, b in zip(one, two, strict=True)],
        "from_enterprise_id": one,
        "to_enterprise_id": two,
        **{name: pairs[name] for name in ("weight", *graph.PARTS, "distance_m")},
        "estimated": np.where(pairs["guess"], "weight", ""),
    }
    return result_table("relevance", columns, shapes, park.crs)
