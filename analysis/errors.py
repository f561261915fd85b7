"""One family of errors and findings: what is wrong, where (layer, id, column), how to mend it.

Both carry a text key; the sentence and its remedy live in ``resources/i18n`` under ``<key>`` and
``<key>.remedy``, so that every message exists in each language exactly once.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from parkloop import resources

Severity = Literal["error", "warning", "info"]


def language(choice: str | None = None) -> str:
    """The language to speak: ``choice``, else ``PARKLOOP_LANG``, else English."""
    wanted = (choice or os.environ.get("PARKLOOP_LANG") or "en")[:2].lower()
    return wanted if wanted in resources.LANGUAGES else "en"


@dataclass(frozen=True)
class Finding:
    """One observation on the input or on a result.

    Parameters
    ----------
    key
        Text key, for example ``"check.missing_key"``; ``<key>.remedy`` is the remedy.
    severity
        ``error`` (a step cannot use it), ``warning`` (used, doubtful) or ``info``.
    layer, id, column
        Where: layer name, key of the row, column name; empty where it does not apply.
    values
        What the text's placeholders are filled with.
    """

    key: str
    severity: Severity = "error"
    layer: str = ""
    id: str = ""
    column: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, lang: str | None = None) -> str:
        """The sentence that says what is wrong and where."""
        return self._fill(self.key, lang)

    def remedy(self, lang: str | None = None) -> str:
        """The sentence that says how to mend it."""
        return self._fill(self.key + ".remedy", lang)

    def _fill(self, key: str, lang: str | None) -> str:
        lang = language(lang)
        values = {"layer": self.layer, "id": self.id, "column": self.column, **self.values}
        if "unit" in values:
            values["unit"] = resources.unit(str(values["unit"]), lang)
        if "reason" in values:  # what the system says, where it is a common thing
            values["reason"] = _reason(str(values["reason"]), lang)
        # a value without a unit leaves the space between the two
        return resources.text(key, lang, **values).replace("  ", " ").strip()

    def as_dict(self, lang: str | None = None) -> dict[str, Any]:
        """Plain data for JSON: the fields with the text and remedy filled in."""
        return {**asdict(self), "text": self.text(lang), "remedy": self.remedy(lang)}


def _reason(said: str, lang: str) -> str:
    """What the system or a library said, in plain words where ``resources/i18n/reason.csv`` knows a part of it."""
    known = {
        key.removeprefix("reason."): text for key, text in resources.texts(lang).items() if key[:7] == "reason."
    }
    return next((text for part, text in known.items() if part in said), said)


class ParkLoopError(Exception):
    """Base of all errors a user may see; the exit code says whose fault it is."""

    exit_code = 1


class InputError(ParkLoopError):
    """The input's fault. Carries one or more findings; nothing has been written.

    Examples
    --------
    >>> raise InputError.of("park.layer_missing", layer="parcels")  # doctest: +SKIP
    """

    exit_code = 2

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__(*findings)

    @classmethod
    def of(cls, key: str, layer: str = "", id: str = "", column: str = "", **values: Any) -> InputError:
        """An error with a single finding."""
        return cls(Finding(key, "error", layer, str(id), column, values))

    def __str__(self) -> str:
        return "\n".join(f"{f.text()} {f.remedy()}" for f in self.findings)


class Cancelled(ParkLoopError):
    """The user cancelled the run."""

    exit_code = 130
