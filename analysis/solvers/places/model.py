"""What every solver of this package gives back, and how it judges what it found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import Cancelled
from ...steps import Answer
from .. import answers

TINY = 1e-6  # relative; sums of floats that should be equal are within it


@dataclass(frozen=True)
class Places:
    """Sites chosen, who is served by which, and how far from the best possible it can be.

    Parameters
    ----------
    sites
        Numbers of the open sites, sorted.
    served_by
        (n,) site that serves each consumer, -1 where none does.
    answer
        Objective, bound, gap and status. Where the clock ran out before any plan was found, ``sites`` is empty and the
        objective infinite.
    """

    sites: np.ndarray
    served_by: np.ndarray
    answer: Answer


@dataclass(frozen=True)
class Clock:
    """When to stop. ``check`` raises Cancelled and says whether the time is over."""

    begun: float
    time_limit_s: float
    cancelled: Callable[[], bool]

    @classmethod
    def start(cls, time_limit_s: float, cancelled: Callable[[], bool]) -> Clock:
        """A clock that starts now."""
        return cls(time.perf_counter(), time_limit_s, cancelled)

    @property
    def spent_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.begun

    @property
    def left_s(self) -> float:
        """Seconds that are left, never less than zero."""
        return max(0.0, self.time_limit_s - self.spent_s)

    def check(self) -> bool:
        """Whether the time is over; raises Cancelled where the user asked to stop."""
        if self.cancelled():
            raise Cancelled()
        return self.left_s <= 0


def judged(
    objective: float, bound: float | None, late: bool, clock: Clock, name: str, unit: str, *, maximise: bool = False
) -> Answer:
    """The answer so far of what ``clock`` times."""
    return answers.judged(objective, bound, late, clock.spent_s, name, unit, maximise=maximise)


def masks(
    shape: tuple[int, ...], p: int, must_open: np.ndarray | None, closed: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The masks (m,) of sites that must be open and of those that must not; None stands for none.

    Raises
    ------
    ValueError
        A matrix of other than two dimensions, a mask of another length, or p below zero: the caller's mistake.
    """
    if len(shape) != 2:
        raise ValueError(f"places: the matrix has {len(shape)} dimensions")
    sites = shape[1]
    given = [np.zeros(sites, bool) if mask is None else np.asarray(mask) for mask in (must_open, closed)]
    if p < 0 or any(mask.shape != (sites,) or mask.dtype != bool for mask in given):
        raise ValueError(f"places: p is {p}, and masks must hold {sites} booleans")
    return given[0], given[1]


def opened_mask(sites: int, start: np.ndarray | None, shut: np.ndarray) -> np.ndarray:
    """The mask (m,) of the sites numbered in ``start`` that may be open."""
    opened = np.zeros(sites, bool)
    if start is not None:
        opened[np.asarray(start, int)] = True
    return opened & ~shut
