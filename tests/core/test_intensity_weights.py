"""Weights given, judged in pairs and by entropy; ranks under random weightings; classes. Worked by hand."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkloop.analysis.errors import InputError
from parkloop.analysis.intensity import ahp, classes, ranking, weights
from parkloop.analysis.intensity.indicators import CODES, PARCEL
from parkloop.analysis.scenario import Intensity
from parkloop.analysis.standards import Standards

STANDARDS = Standards()


def weigh(samples=None, **choices):
    findings = []
    return weights.weigh(Intensity(**choices), samples, STANDARDS, findings), findings


def test_default_weights_share_equally_among_siblings():
    found, findings = weigh()
    assert [found.value[c] for c in "ABC"] == [0.5, 0.3, 0.2]
    assert found.value["A1"] == found.value["A3"] == pytest.approx(1 / 3)
    assert found.value["A31"] == 0.25 and found.value["B11"] == 0.2
    assert set(found.basis.values()) == {"default"} and not findings
    for children in weights.siblings().values():
        assert sum(found.value[c] for c in children) == pytest.approx(1)


def test_weights_of_the_planner_are_relative_and_the_unnamed_weigh_as_the_mean_of_the_named():
    found, _ = weigh(weight_status=1, weight_benefit=1, weight_management=2, weights={"A31": 1, "A33": 3})
    assert [found.value[c] for c in "ABC"] == [0.25, 0.25, 0.5]
    assert [found.value[c] for c in ("A31", "A32", "A33", "A34")] == [0.125, 0.25, 0.375, 0.25]
    assert found.basis["A"] == found.basis["A34"] == "user" and found.basis["B11"] == "default"


@pytest.mark.parametrize(
    ("choices", "key", "where"),
    [
        ({"weights": {"Z1": 1.0}}, "intensity.unknown_weight", "Z1"),
        ({"weights": {"A": 1.0}}, "intensity.unknown_weight", "A"),
        ({"weights": {"A31": -1.0}}, "intensity.bad_weight", "A31"),
        ({"weights": {"C11": 0.0, "C12": 0.0}}, "intensity.no_weight_below", "C1"),
        ({"weight_status": 0, "weight_benefit": 0, "weight_management": 0}, "intensity.no_weight", ""),
        ({"judgements": {"A/A31": 2.0}}, "intensity.ahp_pair", "A/A31"),
        ({"judgements": {"nonsense": 2.0}}, "intensity.ahp_pair", "nonsense"),
        ({"judgements": {"A/B": 2.0, "B/C": 2.0}}, "intensity.ahp_missing", "A/C"),
        ({"judgements": {"A/B": -2.0, "A/C": 1.0, "B/C": 1.0}}, "intensity.ahp_positive", "A/B"),
        ({"judgements": {"B/A": 0.0, "A/C": 1.0, "B/C": 1.0}}, "intensity.ahp_positive", "B/A"),
        ({"judgements": {"A/B": 2.0, "B/A": 2.0, "A/C": 1.0, "B/C": 1.0}}, "intensity.ahp_reciprocal", "A/B"),
        ({"judgements": {"A/A": 2.0, "A/B": 2.0, "A/C": 1.0, "B/C": 1.0}}, "intensity.ahp_reciprocal", "A/A"),
    ],
)
def test_unusable_weights(choices, key, where):
    with pytest.raises(InputError) as error:
        weigh(**({"weighting": "ahp"} if "judgements" in choices else {}), **choices)
    finding = error.value.findings[0]
    assert (finding.key, finding.id) == (key, where)
    for lang in ("en", "zh"):
        assert "{" not in finding.text(lang) + finding.remedy(lang)


def test_consistent_judgements_give_their_weights_back():
    found, findings = weigh(weighting="ahp", judgements={"A/B": 2.0, "A/C": 4.0, "B/C": 2.0})
    assert [found.value[c] for c in "ABC"] == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert found.ratio["goals"] == pytest.approx(0, abs=1e-9) and not findings
    assert found.basis["A"] == "ahp" and found.basis["A31"] == "default"
    other, _ = weigh(weighting="ahp", judgements={"B/A": 0.5, "C/A": 0.25, "C/B": 0.5})
    assert [other.value[c] for c in "ABC"] == pytest.approx([4 / 7, 2 / 7, 1 / 7])


def test_saaty_s_example_of_buying_a_house():
    # Saaty (1980): a > b > c with 3, 5, 3: lambda 3.0385, CI 0.0193, CR 0.033; weights 0.637, 0.258, 0.105
    judged = ahp.judge([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]], ("A", "B", "C"), STANDARDS)
    assert judged.weights == pytest.approx([0.637, 0.258, 0.105], abs=5e-4)
    assert judged.ratio == pytest.approx((3.0385 - 3) / 2 / 0.58, abs=1e-3)


def test_the_judgement_that_contradicts_the_others_is_named():
    # consistent with 8 : 4 : 2 : 1 but for A31/A34, said to be 1/5 instead of 8
    pairs = dict(zip(combinations(("A31", "A32", "A33", "A34"), 2), (2, 4, 0.2, 2, 4, 2), strict=True))
    found, findings = weigh(weighting="ahp", judgements={"/".join(p): float(v) for p, v in pairs.items()})
    assert [f.key for f in findings] == ["intensity.ahp_inconsistent"]
    assert (findings[0].values["one"], findings[0].values["other"]) == ("A31", "A34")
    assert found.ratio["A3"] > 0.1 and float(findings[0].values["fitting"]) > 0.2
    assert "A31/A34 = 0.2" in findings[0].text("en")


def test_rounded_reciprocals_are_reciprocal():
    judged = ahp.judge([[1, 3], [0.33, 1]], ("A", "B"), STANDARDS)
    assert judged.weights == pytest.approx([0.75, 0.25], abs=0.002)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.1, 9), min_size=3, max_size=8))
def test_judgements_made_from_weights_are_consistent(wanted):
    w = np.array(wanted)
    judged = ahp.judge(w[:, None] / w[None, :], [str(i) for i in range(len(w))], STANDARDS)
    assert judged.weights == pytest.approx(w / w.sum(), rel=1e-6)
    assert judged.ratio == pytest.approx(0, abs=1e-6)


def test_entropy_by_hand():
    # A33 is alike everywhere and tells nothing; A34 does: p = 1/4, 3/4, e = -(1/4 ln 1/4 + 3/4 ln 3/4) / ln 2
    samples = pd.DataFrame({"A33": [50.0, 50.0], "A34": [20.0, 60.0], "B11": [10.0, 30.0]})
    scatter = 1 + (0.25 * np.log(0.25) + 0.75 * np.log(0.75)) / np.log(2)
    found, _ = weigh(samples, weighting="entropy")
    # A31 and A32, of which nothing is known, weigh as the mean of 0 and the scatter
    total = 0 + scatter + 2 * (scatter / 2)
    assert found.value["A33"] == 0 and found.value["A34"] == pytest.approx(scatter / total)
    assert found.value["A31"] == pytest.approx(scatter / 2 / total)
    assert [found.value[c] for c in "ABC"] == [0.5, 0.3, 0.2] and found.basis["A"] == "default"
    assert found.basis["A34"] == "entropy" and found.basis["C11"] == "default"


def test_entropy_of_equal_samples_weighs_all_alike():
    found, _ = weigh(pd.DataFrame({c: [40.0, 40.0, 40.0] for c in PARCEL}), weighting="entropy")
    assert found.value["B11"] == found.value["B15"] == 0.2


present = st.lists(st.booleans(), min_size=len(CODES), max_size=len(CODES))


@settings(max_examples=60, deadline=None)
@given(present, st.lists(st.floats(0, 5), min_size=len(CODES), max_size=len(CODES)))
def test_what_is_missing_hands_its_weight_to_its_siblings(there, level):
    found, _ = weigh(weights={c: w + 0.01 for c, w in zip(CODES, level, strict=True)})
    share = weights.spread(np.array([there]), CODES, *found.of(CODES))[0]
    assert share[~np.array(there)] == pytest.approx(0)
    assert share.sum() == pytest.approx(1 if any(there) else 0)
    for goal, weight in (("A", 0.5), ("B", 0.3), ("C", 0.2)):
        alive = {g for g in "ABC" if any(t for c, t in zip(CODES, there, strict=True) if c[0] == g)}
        if goal in alive:
            whole = sum({"A": 0.5, "B": 0.3, "C": 0.2}[g] for g in alive)
            assert share[[c[0] == goal for c in CODES]].sum() == pytest.approx(weight / whole)


def test_rank_is_certain_where_one_is_better_in_all_and_wide_where_not():
    found, _ = weigh()
    scores = np.full((4, len(PARCEL)), np.nan)
    columns = [PARCEL.index(c) for c in ("A33", "B11", "C11")]
    scores[0, columns] = 90, 90, 90  # better in all
    scores[1, columns] = 80, 10, 50  # better in A
    scores[2, columns] = 10, 80, 50  # better in B
    known = np.zeros(scores.shape, bool)
    result = ranking.ranks(scores, known, PARCEL, found, 1000, 1)
    assert (result.rank.tolist(), result.low.tolist(), result.high.tolist()) == (
        [1, 2, 3, 0],
        [1, 2, 2, 0],
        [1, 3, 3, 0],
    )


def test_few_weightings_are_close_to_many_and_the_seed_alone_decides():
    found, _ = weigh()
    scores = np.random.default_rng(0).uniform(0, 100, (40, len(PARCEL)))
    scores[np.random.default_rng(1).random(scores.shape) < 0.2] = np.nan
    one, two, many = (
        ranking.ranks(scores, np.isnan(scores), PARCEL, found, n, s) for n, s in ((1000, 1), (1000, 1), (20_000, 2))
    )
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    assert np.abs(one.low - many.low).max() <= 2 and np.abs(one.high - many.high).max() <= 2
    assert ((one.low <= one.rank) & (one.rank <= one.high)).all()
    assert len(ranking.ranks(scores, np.isnan(scores), PARCEL, found, 0, 1).low) == 40


def test_what_ought_to_be_known_and_is_not_widens_the_interval():
    found, _ = weigh()
    scores = np.full((12, len(PARCEL)), np.nan)
    a33, b11, c11 = (PARCEL.index(c) for c in ("A33", "B11", "C11"))
    scores[:, a33] = scores[:, b11] = scores[:, c11] = np.linspace(40, 95, 12)
    scores[0, [a33, b11, c11]] = 99, np.nan, np.nan  # best, as far as is known
    ought = np.zeros(scores.shape, bool)
    sure = ranking.ranks(scores, ought, PARCEL, found, 1000, 1)
    ought[0, [b11, c11]] = True
    unsure = ranking.ranks(scores, ought, PARCEL, found, 1000, 1)
    assert sure.rank[0] == unsure.rank[0] == sure.high[0] == 1 and unsure.high[0] > 6


def test_judgements_of_some_siblings_leave_the_others_the_mean():
    found, _ = weigh(weighting="ahp", judgements={"B11/B12": 3.0})
    # B11 3/4, B12 1/4; B13 to B15 a half each, and all over 5/2
    assert [found.value[f"B1{i}"] for i in range(1, 6)] == pytest.approx([0.3, 0.1, 0.2, 0.2, 0.2])


def test_judgements_that_are_not_used_or_not_there_are_told():
    assert [f.key for f in weigh(judgements={"A/B": 2.0})[1]] == ["intensity.judgements_unused"]
    assert [f.key for f in weigh(weighting="ahp")[1]] == ["intensity.judgements_none"]


def test_drawn_weights_are_even_over_the_simplex():
    found, _ = weigh()
    one, _, _ = ranking.draw(found, ("B11", "B12", "B13"), 20_000, 3)
    share = one / one.sum(axis=1, keepdims=True)
    # uniform Dirichlet on three: mean 1/3, standard deviation sqrt(2 / 36)
    assert share.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.01)
    assert share.std(axis=0) == pytest.approx([np.sqrt(2 / 36)] * 3, abs=0.01)


def test_natural_breaks_by_hand():
    scores = np.array([10, 11, 12, 40, 41, 60, 61, 62, 95, 96, np.nan])
    limits = classes.natural_limits(scores)
    assert limits == pytest.approx((95, 60, 40))
    assert classes.classify(scores, limits).tolist() == ["low"] * 3 + ["medium"] * 2 + ["good"] * 3 + [
        "high"
    ] * 2 + [""]
    assert classes.natural_limits(np.array([1.0, 1.0, 2.0, 3.0])) is None


def test_the_lowest_score_of_a_class_belongs_to_it():
    # 94.96 and 40.04 round to other tenths than they are; 0.3 is no whole multiple of 0.1 in binary
    scores = np.array([94.96, 96, 60.96, 61.04, 40.04, 40.2, 10, 11.0])
    limits = classes.natural_limits(scores)
    assert limits == (94.96, 60.96, 40.04)
    assert classes.classify(scores, limits).tolist() == [n for n in classes.NAMES for _ in range(2)]
    tenths = np.array([0.7, 0.3, 0.2, 0.1])
    assert classes.classify(tenths, classes.natural_limits(tenths)).tolist() == list(classes.NAMES)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=4, max_size=9, unique=True))
def test_no_other_breaks_leave_less_deviation(places):
    scores = np.sort(np.array(places, float))

    def inside(cuts):
        return sum(float(((part - part.mean()) ** 2).sum()) for part in np.split(scores, cuts))

    best = min(inside(cuts) for cuts in combinations(range(1, len(scores)), 3))
    limits = classes.natural_limits(scores)
    cuts = sorted(int(np.searchsorted(scores, limit - 1e-9)) for limit in limits)
    assert inside(cuts) == pytest.approx(best, abs=1e-9)
