"""When loads arise: typical days of each month from the profiles.

A profile gives months, shifts, the hour of the peak and peak over mean. Month shares are those of ``links.seasons``. The
hours of a working day are eight a shift, or as many as the hours a year need, and lie around the hour of the peak; on both
sides of it the load falls by the same step every hour, so that its mean over the working hours is what peak over mean says.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...links.seasons import THIRDS, matrix, shares
from ...park.checks.amounts import MONTHS
from ...park.estimates.streams import DAYS
from ...park.model import Park

HOURS = 24
STEPS = 50  # halvings of the step; 2^-50 of it is below what a float can tell


def patterns(park: Park) -> pd.DataFrame:
    """Load in each hour of a typical day of each month, months x hours = 288 columns, by profile_id; the greatest is 1.

    With s the month's share over a twelfth, p peak over mean and d the day's load over its mean, the load is min(1, s d / p),
    where the greatest d is p over the greatest s, at least 1. Mean and peak are kept where months vary no more than p; where they
    vary more, days are flat and months of more than p run longer than others.
    """
    profiles = park["profiles"]
    thirds = matrix(pd.DataFrame({"share": shares(park, profiles["profile_id"], "heat")}))
    thirds = thirds.reshape(-1, len(MONTHS), THIRDS)
    month = len(MONTHS) * thirds.sum(axis=2)
    shifts = (thirds > 0).any(axis=1).sum(axis=1)
    daily = np.rint(profiles["hours_a"].fillna(0.0).to_numpy(float) / DAYS)
    hours = np.clip(np.maximum(shifts * (HOURS // THIRDS), daily), 1, HOURS).astype(int)
    peak = np.maximum(profiles["peak_to_mean"].fillna(1.0).to_numpy(float), 1.0)
    sharp = np.maximum(peak / month.max(axis=1, initial=1.0), 1.0)
    level = month * (sharp / peak)[:, None]
    at = profiles["peak_hour"].fillna(0).to_numpy(int) % HOURS
    load = np.minimum(level[:, :, None] * _days(hours, at, sharp)[:, None, :], 1.0)
    load = load.reshape(-1, len(MONTHS) * HOURS)
    return pd.DataFrame(load / load.max(axis=1, keepdims=True, initial=1e-12), index=profiles["profile_id"])


def _days(hours: np.ndarray, at: np.ndarray, sharp: np.ndarray) -> np.ndarray:
    """(n, 24) days of ``hours`` working hours around the hour ``at``, 1 there and 1 / ``sharp`` on average (a spike at most)."""
    back = hours[:, None] // 2
    place = (np.arange(HOURS) - at[:, None] + back) % HOURS
    works = place < hours[:, None]
    away = np.abs(place - back)

    def day(step: np.ndarray) -> np.ndarray:
        return np.where(works, np.maximum(1 - step[:, None] * away, 0.0), 0.0)

    low, high = np.zeros(len(hours)), np.ones(len(hours))
    for _ in range(STEPS):
        step = (low + high) / 2
        flat = day(step).sum(axis=1) * sharp > hours
        low, high = np.where(flat, step, low), np.where(flat, high, step)
    return day(np.where(sharp > 1, high, 0.0))
