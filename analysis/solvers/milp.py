"""Mixed-integer linear programmes on HiGHS: one call, a named status, a bound and a gap.

Single-threaded with a fixed seed, so that an answer does not depend on the machine's load. Limits are a relative gap
and, optionally, nodes; the clock is a safety net that the answer admits to having hit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import highspy
import numpy as np
from scipy.sparse import csc_array, sparray, spmatrix

from ..errors import Cancelled
from ..steps import Answer

OPTIMAL_GAP = 1e-6  # what ``Answer.status`` calls optimal
_BIG = highspy.kHighsInf


def solve_milp(
    c: np.ndarray,
    A: sparray | spmatrix,  # noqa: N803  the field's letter
    lower: np.ndarray,
    upper: np.ndarray,
    col_bounds: tuple[np.ndarray, np.ndarray],
    integrality: np.ndarray | None = None,
    time_limit_s: float = 60.0,
    cancelled: Callable[[], bool] = lambda: False,
    gap: float = OPTIMAL_GAP,
    *,
    name: str = "",
    unit: str = "",
    maximise: bool = False,
    node_limit: int | None = None,
    start: np.ndarray | None = None,
) -> tuple[np.ndarray | None, Answer]:
    """Minimise ``c @ x`` subject to ``lower <= A @ x <= upper`` and ``col_bounds``.

    Parameters
    ----------
    c
        (n,) cost of each column.
    A
        (m, n) sparse matrix.
    lower, upper
        (m,) limits of the rows; ``-inf`` and ``inf`` where there is none.
    col_bounds
        Two (n,) arrays, lowest and highest value of each column.
    integrality
        (n,) bool or int, true where the column is integer; None for a linear programme.
    time_limit_s
        Safety net in seconds.
    cancelled
        Asked while the solver runs.
    gap
        Relative gap at which the search may stop.
    name, unit
        For the answer.
    maximise
        Maximise instead; objective and bound keep their sign and the gap stays non-negative.
    node_limit
        Most branch-and-bound nodes, a deterministic limit.
    start
        (n,) a feasible point to begin with.

    Returns
    -------
    x
        (n,) the solution, or None where there is none. Integer columns are whole.
    answer
        Status ``optimal`` (gap at most 1e-6), ``certified`` (a bound is known), ``time_limit`` or ``infeasible``.

    Raises
    ------
    Cancelled
        The user asked to stop.
    ValueError
        Shapes that do not fit, or an unbounded problem: the caller's mistake.
    """
    begun = time.perf_counter()
    c = np.asarray(c, float)
    n, m = len(c), len(lower)
    if A.shape != (m, n) or len(upper) != m or any(len(b) != n for b in col_bounds):
        raise ValueError(f"solve_milp: A is {A.shape}, rows {m}, columns {n}")
    whole = np.zeros(n, bool) if integrality is None else np.asarray(integrality).astype(bool)
    if cancelled():
        raise Cancelled()
    if n == 0:
        fits = bool(np.all(np.asarray(lower) <= 0) and np.all(np.asarray(upper) >= 0))
        status = "optimal" if fits else "infeasible"
        return (np.empty(0) if fits else None), Answer(
            name, 0.0, 0.0 if fits else None, 0.0 if fits else None, status, 0.0, unit
        )

    solver = begin_solver(time_limit_s, gap, node_limit)
    sign = -1.0 if maximise else 1.0
    solver.passModel(linear_model(sign * c, A, lower, upper, col_bounds, whole))
    if start is not None:
        guess = highspy.HighsSolution()
        guess.col_value = np.asarray(start, float).tolist()
        solver.setSolution(guess)
    stopped = listen(solver, cancelled)
    solver.run()
    seconds = time.perf_counter() - begun
    if stopped() or cancelled():
        raise Cancelled()
    return _answer(solver, sign, whole, name, unit, seconds)


def begin_solver(
    time_limit_s: float = 600.0, gap: float = OPTIMAL_GAP, node_limit: int | None = None
) -> highspy.Highs:
    """HiGHS on one thread with a fixed seed."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("time_limit", float(time_limit_s)),
        ("mip_rel_gap", float(gap)),
        ("mip_abs_gap", 0.0),
    ):
        solver.setOptionValue(option, value)
    if node_limit is not None:
        solver.setOptionValue("mip_max_nodes", int(node_limit))
    return solver


def linear_model(
    c: np.ndarray,
    matrix: sparray | spmatrix,
    lower: np.ndarray,
    upper: np.ndarray,
    col_bounds: tuple[np.ndarray, np.ndarray],
    whole: np.ndarray | None = None,
) -> highspy.HighsLp:
    """The model in HiGHS's own arrays; ``whole`` (n,) true where a column is integer."""
    columns = csc_array(matrix)
    columns.sum_duplicates()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(c), len(lower)
    model.col_cost_ = c
    model.col_lower_, model.col_upper_ = _finite(col_bounds[0]), _finite(col_bounds[1])
    model.row_lower_, model.row_upper_ = _finite(lower), _finite(upper)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = columns.indptr.astype(np.int32)
    model.a_matrix_.index_ = columns.indices.astype(np.int32)
    model.a_matrix_.value_ = columns.data.astype(float)
    if whole is not None and whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[int(w)] for w in whole]
    return model


def _finite(values: np.ndarray) -> np.ndarray:
    return np.clip(np.asarray(values, float), -_BIG, _BIG)


def listen(solver: highspy.Highs, cancelled: Callable[[], bool]) -> Callable[[], bool]:
    """Let the solver ask ``cancelled`` as it runs; the function returned says whether it was told to stop."""
    seen = [False]

    def ask(kind: object, message: str, out: object, answer: highspy.cb.HighsCallbackInput, data: object) -> None:
        if answer is not None and (seen[0] or cancelled()):
            seen[0] = True
            answer.user_interrupt = True

    solver.setCallback(ask, None)
    kinds = highspy.cb.HighsCallbackType
    for kind in (kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt, kinds.kCallbackMipInterrupt):
        solver.startCallback(kind)
    return lambda: seen[0]


def _answer(
    solver: highspy.Highs, sign: float, whole: np.ndarray, name: str, unit: str, seconds: float
) -> tuple[np.ndarray | None, Answer]:
    status, info = solver.getModelStatus(), solver.getInfo()
    known = highspy.HighsModelStatus
    if status == known.kInfeasible:
        return None, Answer(name, 0.0, None, None, "infeasible", seconds, unit)
    timed_out = status == known.kTimeLimit
    if status in (known.kUnbounded, known.kUnboundedOrInfeasible):
        raise ValueError(f"solve_milp: {name} is {solver.modelStatusToString(status)}")
    if not timed_out and status not in (known.kOptimal, known.kSolutionLimit, known.kIterationLimit):
        raise RuntimeError(f"solve_milp: {name}: HiGHS ended with {solver.modelStatusToString(status)}")
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None, Answer(name, 0.0, None, None, "time_limit" if timed_out else "certified", seconds, unit)
    x = np.array(solver.getSolution().col_value)
    x[whole] = np.round(x[whole])
    objective = sign * info.objective_function_value
    if whole.any():
        bound = sign * info.mip_dual_bound if math.isfinite(info.mip_dual_bound) else None
    else:  # at an optimal basis the dual objective equals the primal one
        bound = objective if status == known.kOptimal else None
    gap = None if bound is None else max(0.0, sign * (objective - bound)) / max(1.0, abs(objective))
    if timed_out:
        word = "time_limit"
    elif gap is None:
        word = "heuristic"
    else:
        word = "optimal" if gap <= OPTIMAL_GAP else "certified"
    return x, Answer(name, objective, bound, gap, word, seconds, unit)
