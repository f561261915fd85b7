"""Reach of sites: against enumeration, worked by hand, and where there is nothing to reach."""

from itertools import combinations

import numpy as np
import pytest

from parkloop import resources
from parkloop.analysis.errors import Cancelled
from parkloop.analysis.siting import reach


def test_worked_by_hand() -> None:
    """Three firms on a road at 0, 1 and 5 km; candidates at 0.5 and 5 km; a fire station must be within 1 km."""
    way = np.array([[500.0, 5000.0], [500.0, 4000.0], [4500.0, 0.0]])
    rows = reach.curve("heat", np.array([10.0, 20.0, 10.0]), way, 1000.0, 5)
    assert [row["sites"] for row in rows] == [1, 2]  # there are but two candidates
    assert [row["covered_pct"] for row in rows] == pytest.approx([75.0, 100.0])
    assert [row["smallest_radius_m"] for row in rows] == [4500.0, 500.0]
    assert {row["sites_for_all"] for row in rows} == {2}
    assert {row["status"] for row in rows} == {"optimal"}


@pytest.mark.parametrize("seed", range(8))
def test_against_enumeration(seed: int) -> None:
    draw = np.random.default_rng(seed)
    way = draw.integers(0, 40, (9, 6)) * 100.0
    way[draw.random(way.shape) < 0.2] = np.inf
    way[0, 1] = np.nan
    demand = draw.uniform(0, 9, 9) * (draw.random(9) < 0.8)
    asked = (demand > 0) & np.isfinite(way).any(1)
    known = np.where(np.isnan(way), np.inf, way)
    rows = reach.curve("water", demand, way, 1200.0, 4)
    for row in rows:
        plans = [list(plan) for plan in combinations(range(6), row["sites"])]
        best = max(((known[:, plan] <= 1200).any(1) * demand).sum() for plan in plans)
        nearest = min(known[asked][:, plan].min(1).max() for plan in plans)
        assert row["covered_pct"] == pytest.approx(100 * best / demand.sum())
        assert row["smallest_radius_m"] == nearest or (row["smallest_radius_m"] is None and nearest == np.inf)
        assert (row["covered_pct"] > 100 - 1e-9) == (
            row["sites_for_all"] is not None and row["sites"] >= row["sites_for_all"]
        )
    # more sites never reach less, nor need a longer way
    covered = [row["covered_pct"] for row in rows]
    radius = [row["smallest_radius_m"] or np.inf for row in rows]
    assert covered == sorted(covered) and radius == sorted(radius, reverse=True)


def test_nobody_within_reach_is_told_and_not_hidden() -> None:
    rows = reach.curve("gas", np.ones(2), np.array([[np.inf, np.nan], [9000.0, 8000.0]]), 1000.0, 2)
    assert [row["covered_pct"] for row in rows] == [0.0, 0.0]
    assert [row["sites_for_all"] for row in rows] == [None, None]
    assert [row["smallest_radius_m"] for row in rows] == [8000.0, 8000.0]  # of the firm that a road leads to
    cut_off = reach.curve("gas", np.ones(2), np.full((2, 2), np.inf), 1000.0, 2)
    assert [row["smallest_radius_m"] for row in cut_off] == [None, None]


def test_without_demand_or_candidates_there_is_no_row() -> None:
    assert reach.curve("gas", np.zeros(3), np.ones((3, 2)), 10.0, 2) == []
    assert reach.curve("gas", np.ones(3), np.ones((3, 0)), 10.0, 2) == []
    assert reach.curve("gas", np.ones(3), np.ones((3, 2)), 10.0, 0) == []


def test_table_is_the_one_of_the_schema() -> None:
    rows = reach.curve("water", np.ones(3), np.full((3, 2), np.inf), 10.0, 2)
    frame = reach.table(rows + reach.curve("gas", np.ones(2), np.zeros((2, 2)), 10.0, 2))
    assert list(frame.columns) == list(resources.columns("site_reach"))
    assert frame["reach_id"].tolist() == ["gas-001", "gas-002", "water-001", "water-002"]
    assert frame["sites_for_all"].isna().tolist() == [False, False, True, True]
    assert set(frame["status"]) <= set(resources.codes("answer_status"))
    assert len(reach.table([])) == 0


def test_cancel() -> None:
    with pytest.raises(Cancelled):
        reach.curve("gas", np.ones(3), np.ones((3, 2)), 10.0, 2, lambda: True)
