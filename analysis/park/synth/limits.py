"""A local standard for land use, as a province or city sets one above the national minimum."""

from __future__ import annotations

import pandas as pd

SOURCE = "synthetic"
DOCUMENT = "合成地方用地标准"  # a document that does not exist, and says so
# indicator, sector ("" all), land grades, value (money in CNY a hectare)
LIMITS = (
    ("investment_min", "", None, None, 15e6),
    ("investment_min", "C39", None, None, 40e6),
    ("investment_min", "C27", None, None, 30e6),
    ("investment_min", "C30", None, None, 8e6),
    ("output_min", "", None, None, 20e6),
    ("tax_min", "", None, None, 0.8e6),
    ("plot_ratio_min", "C39", 1, 9, 1.2),
    ("building_coefficient_min", "C26", None, None, 35.0),
)


def land_limits() -> pd.DataFrame:
    """The ``land_limits`` layer: a few limits by sector and land grade."""
    table = pd.DataFrame(LIMITS, columns=["indicator", "sector", "grade_from", "grade_to", "value"])
    number = [f"L{i + 1:02d}" for i in range(len(table))]
    table.insert(0, "limit_id", number)
    return table.assign(document=DOCUMENT, edition="2024", confidence="l", source=SOURCE)
