"""How numbers, units, money and codes are written: one place for page, charts, map and styles."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from parkloop import resources

SYMBOLS = {"1": "", "C": "°C", "deg": "°", "currency": "", "pct": "%", "tce": "tce"}
MONEY = re.compile(r"^(currency|[A-Z]{3})(?:/(a|ha|ha/a))?$")
ASSUMPTION = "ParkLoop assumption"
MILLION = 1e6
MINUS, SPACE = "\u2212", "\u00a0"


@lru_cache(maxsize=1 << 18)  # both languages write the same numbers
def significant(value: float, digits: int = 3) -> str:
    """``value`` with ``digits`` significant digits and thousands separated; whole numbers below 1000 stay whole.

    Examples
    --------
    >>> significant(1234567.0), significant(0.04567), significant(12.0), significant(-3.14159)
    ('1,230,000', '0.0457', '12', '−3.14')
    """
    if not math.isfinite(value):
        return ""
    if value == 0:
        return "0"
    size = abs(value)
    sign = MINUS if value < 0 else ""
    if size < 10**digits and size == int(size):
        return f"{sign}{int(size)}"
    rounded = float(f"{size:.{digits}g}")
    magnitude = math.floor(math.log10(rounded))
    if magnitude < -5:
        mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
        return f"{sign}{mantissa}×10^{int(exponent)}"
    return f"{sign}{rounded:,.{max(digits - 1 - magnitude, 0)}f}"


def plain(value: float) -> str:
    """A number as it was given, up to six digits, without superfluous zeros."""
    return f"{value:,.6g}".replace("-", MINUS) if abs(value) < 1e6 else whole(value)


def whole(value: float) -> str:
    """A count, exact, thousands separated."""
    return f"{MINUS if value < 0 else ''}{abs(round(value)):,}"


@dataclass(frozen=True)
class Unit:
    """How the values of one unit are shown: multiplied by ``factor``, followed by ``label``."""

    factor: float
    label: str

    def text(self, value: float, digits: int = 3) -> str:
        """The number and its unit."""
        number = significant(value * self.factor, digits)
        space = "" if self.label in {"%", "°"} or self.label[:1] > "\u2e7f" else SPACE
        return f"{number}{space}{self.label}" if number and self.label else number


@dataclass(frozen=True)
class Style:
    """The language and the currency of a report."""

    lang: str
    currency: str = "CNY"

    def t(self, key: str, **values: Any) -> str:
        """The text ``report.<key>``."""
        return resources.text(f"report.{key}", self.lang, **values)

    @cache  # noqa: B019 (a style is a value of two texts, and few are ever made)
    def unit(self, unit: str, big: bool = False) -> Unit:
        """The unit as shown. Money is in ten thousands in Chinese, in thousands (``big``: millions) in English.

        Prices (money a tonne, a cubic metre) stay as they are.
        """
        money = MONEY.match(unit)
        if money and (money[1] == "currency" or money[1] in resources.codes("currency")):
            code = self.currency if money[1] == "currency" else money[1]
            per = f"/{money[2]}" if money[2] else ""
            per = per.replace("ha", "hm²").replace("/a", "/年") if self.lang == "zh" else per
            scale = "million" if big and self.lang == "en" else "thousand"
            factor = 1e-4 if self.lang == "zh" else (1e-6 if big else 1e-3)
            return Unit(factor, self.t(f"money.{scale}", currency=self._currency(code)) + per)
        head, _, tail = unit.partition("/")
        if head == "currency" or (tail and head in resources.codes("currency")):
            return Unit(1.0, f"{self._currency(self.currency if head == 'currency' else head)}/{symbols(tail)}")
        if unit == "share":
            return Unit(100.0, "%")
        if unit == "a":
            return Unit(1.0, self.t("unit.years"))
        return Unit(1.0, "/".join(self._word(part) for part in unit.split("/")))

    def price(self, unit: str) -> str:
        """A unit of money as it stands, with the word for the currency: ``currency/a`` is ``CNY/a``, in Chinese 元/年."""
        head, _, per = unit.partition("/")
        word = self._currency(self.currency if head == "currency" else head)
        told = ("年" if self.lang == "zh" and per == "a" else symbols(per)) if per else ""
        return f"{word}/{told}" if told else word

    def _word(self, part: str) -> str:
        return resources.texts(self.lang).get(f"report.unit.{part}", symbols(part))

    def _currency(self, code: str) -> str:
        return resources.texts(self.lang).get(f"report.currency.{code}", code)

    def quantity(self, value: Any, unit: str, big: bool = False) -> str:
        """Number and unit; empty where there is no number."""
        return "" if empty(value) else self.unit(unit, big and abs(value) >= MILLION).text(float(value))

    def code(self, listing: str, code: str) -> str:
        """The label of a code; the code itself where the list does not know it."""
        row = resources.codes(listing).get(code)
        return str(row[f"label_{self.lang}"]) if row else code


def symbols(unit: str) -> str:
    """A unit with its raised figures, money as it stands."""
    if unit in SYMBOLS:
        return SYMBOLS[unit]
    return re.sub(r"(?<=[a-z])([23])(?![0-9])", lambda m: "²³"[int(m[1]) - 2], unit)


def empty(value: Any) -> bool:
    """True for None, NaN, NaT, NA and empty text."""
    return not isinstance(value, (list, tuple)) and (bool(pd.isna(value)) or value == "")
