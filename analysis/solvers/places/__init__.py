"""Location without capacities: p-median, p-center, set covering and maximal covering, on plain arrays.

Every answer states a bound, a gap and a named status; None stands for "no solution exists". Sites and consumers are numbers of
columns and rows. Cut-off distances keep matrices sparse: ``within``.
"""

from .center import p_center
from .covering import set_cover
from .lists import within
from .maximal import maximal_cover
from .median import p_median
from .model import Places

__all__ = ["Places", "maximal_cover", "p_center", "p_median", "set_cover", "within"]
