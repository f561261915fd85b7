"""Least hot and cold utility of a set of streams: the problem table of Linnhoff and Flower.

Every hot stream is moved down and every cold one up by its share of the smallest approach; then heat may flow between
any two streams at one shifted temperature. From the top down the heat that hot streams hold and cold ones do not need
is passed on; the deepest deficit of that cascade must come from outside, and nothing less can do.

Source: Linnhoff, B. and Flower, J. R. (1978), Synthesis of heat exchanger networks I, AIChE Journal 24(4), 633-642.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ZERO = 1e-9  # of all heat moved: what counts as none


@dataclass(frozen=True)
class Streams:
    """Hot and cold streams.

    Parameters
    ----------
    supply_c, target_c
        (n,) temperatures; equal for a stream that condenses or boils.
    duty_kw
        (n,) heat given or taken, above zero.
    hot
        (n,) true where the stream gives heat.
    share_k
        (n,) each stream's share of the smallest approach in K; half of it for all streams makes it the same everywhere.
    """

    supply_c: np.ndarray
    target_c: np.ndarray
    duty_kw: np.ndarray
    hot: np.ndarray
    share_k: np.ndarray

    def __len__(self) -> int:
        return len(self.duty_kw)

    def of(self, chosen: np.ndarray) -> Streams:
        """Some of the streams, by a mask or by numbers."""
        return Streams(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    @property
    def top_c(self) -> np.ndarray:
        """(n,) shifted temperature of the hot end."""
        return np.maximum(self.supply_c, self.target_c) + np.where(self.hot, -self.share_k, self.share_k)

    @property
    def bottom_c(self) -> np.ndarray:
        """(n,) shifted temperature of the cold end."""
        return np.minimum(self.supply_c, self.target_c) + np.where(self.hot, -self.share_k, self.share_k)

    @property
    def signed_kw(self) -> np.ndarray:
        """(n,) duty, negative where heat is taken."""
        return np.where(self.hot, self.duty_kw, -self.duty_kw)

    @property
    def moved_kw(self) -> float:
        """All heat given and taken, the measure of what is nothing."""
        return float(self.duty_kw.sum())


@dataclass(frozen=True)
class Target:
    """What the cascade tells.

    Parameters
    ----------
    hot_kw, cold_kw
        Least hot and cold utility.
    shifted_c, passed_kw
        (m,) grand composite curve from the top down: shifted temperature, heat passed on. A temperature stands twice
        where streams condense or boil at it: before and after them.
    pinch_c
        (k,) shifted temperatures at which no heat is passed; empty for a threshold problem, which needs one utility only
        and is nowhere pinched.
    """

    hot_kw: float
    cold_kw: float
    shifted_c: np.ndarray
    passed_kw: np.ndarray
    pinch_c: np.ndarray


def above(streams: Streams) -> tuple[np.ndarray, np.ndarray]:
    """Net heat that the streams hold above each of their shifted temperatures.

    Returns
    -------
    shifted_c, net_kw
        (m,) from the top down, each temperature of a stream that condenses or boils twice. Negative is a deficit.

    Notes
    -----
    Each stream adds its capacity flow to all intervals between its ends; running sums over the sorted ends give the
    whole table in O(n log n).
    """
    top, bottom, signed = streams.top_c, streams.bottom_c, streams.signed_kw
    levels = np.unique(np.r_[top, bottom])[::-1]
    if not len(levels):
        return np.empty(0), np.empty(0)

    def place(values: np.ndarray) -> np.ndarray:
        return len(levels) - 1 - np.searchsorted(levels[::-1], values)

    latent = top <= bottom
    flow = signed[~latent] / (top - bottom)[~latent]
    change = np.zeros(len(levels))
    np.add.at(change, place(top[~latent]), flow)
    np.add.at(change, place(bottom[~latent]), -flow)
    jump = np.bincount(place(top[latent]), signed[latent], len(levels))
    interval = np.cumsum(change)[:-1] * -np.diff(levels)
    before = np.r_[0.0, np.cumsum(interval)] + np.cumsum(jump) - jump
    twice = np.repeat(
        np.arange(len(levels)), np.where(np.bincount(place(top[latent]), minlength=len(levels)), 2, 1)
    )
    second = np.r_[False, twice[1:] == twice[:-1]]
    return levels[twice], before[twice] + np.where(second, jump[twice], 0.0)


def target(streams: Streams) -> Target:
    """Least utilities, the grand composite curve and the pinches.

    Examples
    --------
    >>> supply, end, duty = (np.array(v, float) for v in ([100, 60], [30, 140], [700, 400]))
    >>> found = target(Streams(supply, end, duty, np.array([True, False]), np.full(2, 5.0)))
    >>> found.hot_kw, found.cold_kw, found.pinch_c.tolist()
    (250.0, 550.0, [95.0])
    """
    shifted, net = above(streams)
    if not len(net):
        return Target(0.0, 0.0, shifted, net, np.empty(0))
    nothing = ZERO * streams.moved_kw
    hot = max(0.0, float(-net.min()))
    # the end of the cascade is a plain balance; as such it does not carry the rounding of the sums
    cold = hot + float(streams.signed_kw.sum())
    passed = hot + net
    passed[abs(passed) <= nothing] = 0.0
    hot, cold = (0.0 if abs(value) <= nothing else value for value in (hot, cold))
    # the very ends are no pinch: with nothing from outside the cascade begins, or ends, at nothing
    inner = np.arange(len(net))
    inner = inner[(inner > 0) & (inner < len(net) - 1)]
    return Target(hot, cold, shifted, passed, np.unique(shifted[inner][passed[inner] == 0.0])[::-1])


def composite(streams: Streams, hot: bool, start_kw: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The composite curve of the hot or the cold streams in real temperatures, from the cold end up.

    Parameters
    ----------
    start_kw
        Heat at which the curve begins: the least cold utility for the cold streams, so that both curves stand as near as
        the approach allows.

    Returns
    -------
    heat_kw, temperature_c
        (m,) corner points, both rising; level parts are streams that condense or boil.
    """
    side = streams.of(streams.hot == hot)
    plain = Streams(side.supply_c, side.target_c, side.duty_kw, np.ones(len(side), bool), np.zeros(len(side)))
    temperature, net = above(plain)
    return start_kw + net[-1:] - net[::-1], temperature[::-1]
