"""Water: reuse between and within firms, regeneration, reclaimed and other supply as one optimisation."""

from .figures import figures
from .pairs import STAGES, candidates, pair_of, select, streams
from .plan import best, ends, problem
from .quality import CONTAMINANTS, LEVELS, fresh_quality, level_costs, sound, too_strict, treated
from .rain import findings as rain_findings
from .sources import Offers, idle_choices, variants
from .supply import rows as supply_rows
from .supply import shares

__all__ = [
    "CONTAMINANTS",
    "LEVELS",
    "STAGES",
    "Offers",
    "best",
    "candidates",
    "ends",
    "figures",
    "fresh_quality",
    "idle_choices",
    "level_costs",
    "pair_of",
    "problem",
    "rain_findings",
    "select",
    "shares",
    "sound",
    "streams",
    "supply_rows",
    "too_strict",
    "treated",
    "variants",
]
