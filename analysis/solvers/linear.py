"""A linear programme that is solved again and again: prices, bounds and rows change, the last basis is kept."""

from __future__ import annotations

from collections.abc import Callable

import highspy
import numpy as np
from scipy.sparse import csr_array

from ..errors import Cancelled
from .milp import begin_solver, linear_model, listen


class Linear:
    """Maximise ``gain @ x`` subject to ``rows @ x <= limit`` and ``0 <= x <= upper``.

    ``run`` sets ``x`` (n,), ``value`` and ``price`` (m,), the worth of a unit more of each row's limit, not negative.

    Parameters
    ----------
    gain, upper
        (n,).
    rows, limit
        (m, n) sparse and (m,).
    """

    def __init__(
        self,
        gain: np.ndarray,
        rows: csr_array,
        limit: np.ndarray,
        upper: np.ndarray,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        n = len(gain)
        self._solver = begin_solver()
        low = np.full(len(limit), -np.inf)
        self._solver.passModel(linear_model(-gain, rows, low, limit, (np.zeros(n), upper)))
        self._stopped = listen(self._solver, cancelled)
        self._cancelled = cancelled
        self._columns = np.arange(n, dtype=np.int32)
        self.x, self.value, self.price = np.zeros(n), 0.0, np.zeros(len(limit))

    def charge(self, gain: np.ndarray) -> None:
        """Other gains."""
        self._solver.changeColsCost(len(gain), self._columns, -gain)

    def allow(self, upper: np.ndarray) -> None:
        """Other greatest values."""
        self._solver.changeColsBounds(len(upper), self._columns, np.zeros(len(upper)), upper)

    def add(self, rows: csr_array, limit: np.ndarray) -> None:
        """More rows."""
        count = rows.shape[0]
        self._solver.addRows(
            count,
            np.full(count, -highspy.kHighsInf),
            limit,
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data,
        )

    def run(self) -> None:
        """Solve.

        Raises
        ------
        Cancelled
            The user asked to stop.
        RuntimeError
            The solver ended without an optimum.
        """
        self._solver.run()
        if self._stopped() or self._cancelled():
            raise Cancelled()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"linear programme: HiGHS ended with {self._solver.modelStatusToString(status)}")
        solution = self._solver.getSolution()
        self.x = np.clip(np.array(solution.col_value), 0.0, None)
        self.price = np.maximum(-np.array(solution.row_dual), 0.0)
        self.value = -self._solver.getInfo().objective_function_value
