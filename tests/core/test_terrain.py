"""Heights from a raster: interpolation, voids, other CRSs, bad files."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from parkloop.analysis.errors import InputError
from parkloop.analysis.park import terrain

VOID = -32768


def raster(path: Path, height: np.ndarray, crs: str | None = "EPSG:25832", cell: float = 10.0) -> Path:
    """A raster whose first cell has its upper left corner at 500 000, 5 000 000."""
    profile = {"driver": "GTiff", "dtype": height.dtype, "nodata": VOID, "count": 1, "crs": crs}
    transform = Affine(cell, 0, 500_000, 0, -cell, 5_000_000)
    with rasterio.open(
        path, "w", height=height.shape[0], width=height.shape[1], transform=transform, **profile
    ) as out:
        out.write(height, 1)
    return path


def places(*xy: tuple[float, float], crs: str = "EPSG:25832") -> gpd.GeoSeries:
    return gpd.GeoSeries.from_xy([500_000 + x for x, _ in xy], [5_000_000 + y for _, y in xy], crs=crs)


@pytest.fixture
def slope(tmp_path: Path) -> Path:
    """10 m cells; height grows 1 m a column and 10 m a row."""
    rows, columns = np.indices((20, 30))
    return raster(tmp_path / "slope.tif", (100 + columns + 10 * rows).astype("int16"))


def test_linear_between_cell_centres(slope: Path) -> None:
    # centre of the cell in row 0, column 0 is (5, -5): 100 m; half-way to row 1, column 1: 105.5 m
    assert terrain.heights(slope, places((5, -5), (10, -10), (10, -5))) == pytest.approx([100, 105.5, 100.5])


@settings(deadline=None, max_examples=25)
@given(x=st.floats(6, 280), y=st.floats(-180, -6))
def test_plane_is_kept(tmp_path_factory: pytest.TempPathFactory, x: float, y: float) -> None:
    rows, columns = np.indices((20, 30))
    path = raster(tmp_path_factory.mktemp("dem") / "p.tif", (100 + columns + 10 * rows).astype("float32"))
    assert terrain.heights(path, places((x, y))) == pytest.approx([100 + (x - 5) / 10 - (y + 5)], abs=1e-4)


def test_points_in_degrees_give_the_same(slope: Path) -> None:
    points = places((55, -45), (150, -120))
    assert terrain.heights(slope, points.to_crs(4326)) == pytest.approx(terrain.heights(slope, points), abs=1e-3)


def test_void_is_nan_and_lends_no_weight(tmp_path: Path) -> None:
    height = np.full((5, 5), 200, "int16")
    height[2, 2] = VOID
    path = raster(tmp_path / "void.tif", height)
    points = places((25, -25), (34, -25), (5, -5), (900, -5))
    got = terrain.heights(path, points)
    assert np.isnan(got[[0, 3]]).all()
    assert got[1:3] == pytest.approx([200, 200])
    found = terrain.findings(path, points, "parcels")
    assert [f.key for f in found] == ["terrain.voids"]
    assert found[0].values == {"count": 2, "total": 4}


def test_absurd_number_is_a_void(tmp_path: Path) -> None:
    height = np.full((5, 5), 200, "int16")
    height[2, 2] = -9999
    assert np.isnan(terrain.heights(raster(tmp_path / "void.tif", height), places((25, -25)))).all()


def test_mean_of_areas(slope: Path) -> None:
    areas = gpd.GeoSeries(places((20, -20), (21, -22)).buffer([10, 0.5], cap_style="square"))
    # around the corner (20, -20) lie the cells of rows and columns 1 and 2: 100 + 1.5 + 15 m;
    # the small one holds no cell centre, so its own middle counts: 100 + 1.6 + 17 m
    assert terrain.area_heights(slope, areas) == pytest.approx([116.5, 118.6])


def test_smoothing_keeps_voids_and_flattens_steps(tmp_path: Path) -> None:
    height = np.full((40, 40), 200, "int16")
    height[:, 20:] = 201
    height[5, 5] = VOID
    path = raster(tmp_path / "step.tif", height)
    line = places(*[(x, -205) for x in range(155, 250, 10)])
    rough, smooth = terrain.heights(path, line), terrain.heights(path, line, smooth_m=30)
    assert np.abs(np.diff(smooth)).max() < 0.5 * np.abs(np.diff(rough)).max()
    assert np.isnan(terrain.heights(path, places((55, -55)), smooth_m=30)).all()


def test_coarse_raster_says_so(tmp_path: Path) -> None:
    path = raster(tmp_path / "coarse.tif", np.full((9, 9), 200, "int16"), cell=90)
    found = terrain.findings(path, places((200, -200)))
    assert [(f.key, f.values["cell_m"]) for f in found] == [("terrain.coarse", "90")]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_bad_files(tmp_path: Path, slope: Path) -> None:
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    no_crs = raster(tmp_path / "no_crs.tif", np.full((5, 5), 1, "int16"), crs=None)
    for path, points, key in [
        (text, places((5, -5)), "terrain.unreadable"),
        (tmp_path / "absent.tif", places((5, -5)), "terrain.unreadable"),
        (no_crs, places((5, -5)), "terrain.no_crs"),
        (slope, places((50_000, 5)), "terrain.elsewhere"),
    ]:
        with pytest.raises(InputError) as caught:
            terrain.heights(path, points)
        assert [f.key for f in caught.value.findings] == [key]
        assert all(f.text(lang) and f.remedy(lang) for f in caught.value.findings for lang in ("en", "zh"))


def test_nothing_asked_nothing_read(tmp_path: Path) -> None:
    empty = gpd.GeoSeries([], crs="EPSG:25832")
    assert len(terrain.heights(tmp_path / "absent.tif", empty)) == 0
    assert len(terrain.area_heights(tmp_path / "absent.tif", empty)) == 0
