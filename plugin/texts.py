"""Texts in the language of the person in front of QGIS."""

from qgis.core import QgsApplication, QgsSettings

from ..resources import LANGUAGES, text

SETTING = "parkloop/language"


def language():
    """``en`` or ``zh``: the choice made in ParkLoop, else the language of QGIS, else English."""
    wanted = QgsSettings().value(SETTING, "", type=str) or QgsApplication.locale() or "en"
    return wanted[:2].lower() if wanted[:2].lower() in LANGUAGES else "en"


def tr(key, **values):
    """The text ``plugin.<key>`` in the user's language."""
    return text("plugin." + key, language(), **values)


def problem(key, **values):
    """The text ``plugin.<key>`` followed by its remedy."""
    return tr(key, **values) + " " + tr(key + ".remedy", **values)
