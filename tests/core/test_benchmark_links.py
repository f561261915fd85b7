"""The park that links are measured on: drawn the same again, its problems sound, both answers within both bounds."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks import links


def test_a_small_drawn_park_is_the_same_again_and_its_answers_agree():
    park, again = (links.drawn(12, 120, 20, 20, seed=3) for _ in range(2))
    for layer in ("material_flows", "heat_streams", "water_streams"):
        pd.testing.assert_frame_equal(park[layer], again[layer])
    for charged in (True, False):
        row = links.case(park, 3, charged, 20.0, alone=True)
        assert row["feasible"] and row["candidates"] > 10
        assert row["objective"] <= row["highs"]["bound"] * (1 + 1e-6)
        assert row["highs"]["objective"] <= row["bound"] * (1 + 1e-6)
        assert row["gap"] == pytest.approx(row["bound"] / row["objective"] - 1, abs=1e-9)
        if not charged:
            assert row["objective"] == pytest.approx(row["highs"]["objective"], rel=1e-6)
