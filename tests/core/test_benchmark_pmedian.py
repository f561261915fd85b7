"""The p-median family of benchmarks: drawn the same again, its row true, published files read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import pmedian

pytestmark = pytest.mark.again  # plain numerics, the same on any version

SHARED = Path(__file__).parents[3] / "shared" / "bench" / "pmedian"


def test_a_drawn_instance_is_the_same_again_and_its_row_is_true():
    way = pmedian.drawn(60, 2)
    np.testing.assert_array_equal(way, pmedian.drawn(60, 2))
    assert np.isfinite(way).all() and (way == way.T).all() and (way.diagonal() == 0).all()
    row = pmedian.case("drawn", way, 6, 1000.0, 20.0)
    assert row["status"] == "optimal" and row["bound"] == pytest.approx(row["objective"])
    assert row["excess"] == pytest.approx(row["objective"] / 1000 - 1)
    assert "drawn" in pmedian.told(row)


def test_files_are_read_with_their_optima_and_a_bad_one_is_named(tmp_path):
    np.savez(tmp_path / "pmed1.npz", dist=pmedian.drawn(20, 1), p=3)
    np.savez(tmp_path / "other.npz", dist=pmedian.drawn(20, 1), p=3)
    (tmp_path / "best_known.csv").write_text("pmed,n,p,optimum,note\n1,20,3,77,ok\n")
    found = {Path(name).stem: (p, optimum) for name, _, p, optimum in pmedian.instances([tmp_path], 1)}
    assert found == {"pmed1": (3, 77.0), "other": (3, None)}
    np.savez(tmp_path / "wrong.npz", way=np.zeros(3))
    with pytest.raises(SystemExit, match=r"wrong\.npz"):
        list(pmedian.instances([tmp_path / "wrong.npz"], 1))


@pytest.mark.skipif(not SHARED.exists(), reason="the published instances are not here")
@pytest.mark.parametrize("number", [4, 7])
def test_published_instances_are_certified(number):
    for name, way, p, optimum in pmedian.instances([SHARED / f"pmed{number}.npz"], 1):
        row = pmedian.case(name, way, p, optimum, 30.0)
        assert row["status"] == "optimal" and row["objective"] == row["bound"] == optimum
