"""Linear programmes with many more columns than rows: columns are added as prices ask for them.

A column that is left out cannot improve the optimum where its cost less the rows' prices for what it holds is not below
zero. The one who knows the columns looks for such ones at each round's prices; when there is none, the optimum over all
columns is proven.

Source: Dantzig, G. B. and Wolfe, P. (1960), Operations Research 8(1), 101-111; Gilmore, P. C. and Gomory, R. E. (1961), ibid. 9(6),
849-859.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csc_array, hstack

from ..errors import Cancelled

ROUNDS = 500  # far more than any problem here took


@dataclass(frozen=True)
class Columns:
    """k columns: ``cost`` (k,), ``body`` (m, k), and ``name`` (k,), numbers by which the caller knows them."""

    cost: np.ndarray
    body: csc_array
    name: np.ndarray

    def with_more(self, other: Columns) -> Columns:
        return Columns(
            np.r_[self.cost, other.cost],
            csc_array(hstack([self.body, other.body])),
            np.r_[self.name, other.name],
        )


def solve_by_columns(
    start: Columns,
    lower: np.ndarray,
    upper: np.ndarray,
    more: Callable[[np.ndarray], Columns | None],
    interior: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[np.ndarray | None, float, Columns]:
    """Minimise ``cost @ x`` subject to ``lower <= body @ x <= upper`` and ``x >= 0`` over all columns.

    Parameters
    ----------
    start
        Columns to begin with.
    lower, upper
        (m,) limits of the rows; ``-inf`` and ``inf`` where there is none.
    more
        From the prices of the rows (m,), columns that could improve the optimum; None where no column could.
    interior
        By an interior point method, without a vertex at the end: several times faster from some ten thousand columns on, since
        its prices lie in the middle of the best ones and call for fewer columns; rows are kept to 1e-7.

    Returns
    -------
    x
        Values of the columns that were used, or None where those of the start have no solution.
    objective
        Its cost.
    columns
        The columns used, those of the start first.

    Raises
    ------
    Cancelled
    RuntimeError
        The solver failed, or the rounds did not suffice: our fault.
    """
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    options: tuple[tuple[str, bool | int | float | str], ...] = (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("dual_feasibility_tolerance", 1e-9),
    )
    if interior:
        options += (("solver", "ipm"), ("run_crossover", "off"))
    for option, value in options:
        solver.setOptionValue(option, value)
    big = highspy.kHighsInf
    rows = highspy.HighsLp()
    rows.num_col_, rows.num_row_ = 0, len(lower)
    rows.row_lower_, rows.row_upper_ = np.clip(lower, -big, big), np.clip(upper, -big, big)
    solver.passModel(rows)
    columns, fresh = start, start
    for _ in range(ROUNDS):
        if cancelled():
            raise Cancelled()
        _add(solver, fresh)
        if interior:
            solver.clearSolver()  # it begins anew in any case
        solver.run()
        status, known = solver.getModelStatus(), highspy.HighsModelStatus
        if interior and status not in (known.kOptimal, known.kInfeasible):
            interior = False  # it ran out of digits: the simplex method goes on from here
            solver.setOptionValue("solver", "simplex")
            solver.run()
            status = solver.getModelStatus()
        if status == known.kInfeasible:
            return None, 0.0, columns
        if status != known.kOptimal:
            raise RuntimeError(f"solve_by_columns: HiGHS ended with {solver.modelStatusToString(status)}")
        found = solver.getSolution()
        wanted = more(np.array(found.row_dual))
        if wanted is None:
            return np.array(found.col_value), float(solver.getInfo().objective_function_value), columns
        columns, fresh = columns.with_more(wanted), wanted
    raise RuntimeError(f"solve_by_columns: not done after {ROUNDS} rounds")


def _add(solver: highspy.Highs, columns: Columns) -> None:
    count = len(columns.cost)
    body = csc_array(columns.body)
    solver.addCols(
        count,
        columns.cost.astype(float),
        np.zeros(count),
        np.full(count, highspy.kHighsInf),
        body.nnz,
        body.indptr[:-1].astype(np.int32),
        body.indices.astype(np.int32),
        body.data.astype(float),
    )
