"""What pydantic says against a scenario or a mapping, as findings in the planner's language."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from .errors import Finding, InputError

SIGNS = {"greater_than": ("gt", ">"), "greater_than_equal": ("ge", "≥"), "less_than": ("lt", "<"), "less_than_equal": ("le", "≤")}  # fmt: skip
KINDS = {
    "float": "not_number", "finite_number": "not_number", "int": "not_whole", "bool": "not_yes_no", "string": "not_text",
    "list": "not_list", "tuple": "not_list", "dict": "not_table", "model": "not_table", "too_short": "not_list",
    "too_long": "not_list",
}  # fmt: skip


def input_error(error: ValidationError, model: type[BaseModel], path: Path) -> InputError:
    """Every problem of a file that does not fit ``model``, each with the place in the file and what would do there."""
    return InputError(*(_finding(problem, model, path) for problem in error.errors()))


def _finding(problem: Any, model: type[BaseModel], path: Path) -> Finding:
    kind, about = problem["type"], problem.get("ctx", {})
    values: dict[str, Any] = {"value": str(problem["input"])[:80]}
    if kind == "extra_forbidden":
        key = "unknown_choice"
        values["near"] = ", ".join(_near(str(problem["loc"][-1]), _siblings(model, problem["loc"][:-1])))
    elif kind in ("literal_error", "enum"):
        key, values["expected"] = "not_among", about["expected"].replace("'", "").replace(" or ", ", ")
    elif kind in SIGNS:
        name, sign = SIGNS[kind]
        key, values["limit"] = "out_of_range", f"{sign} {about[name]:g}"
    else:
        family = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float")
        key = KINDS.get(kind, KINDS.get(family, "bad_choice"))
        values["reason"] = problem["msg"]
    place = ".".join(str(part) for part in problem["loc"])
    return Finding(f"scenario.{key}", layer=path.name, column=place, values=values)


def _near(name: str, known: Iterable[str]) -> list[str]:
    found = list(known)
    return difflib.get_close_matches(name, found, 2, 0.5) or found


def _siblings(model: type[BaseModel], place: Iterable[Any]) -> list[str]:
    """Names that a table of the file may hold; those of the whole file where the table is not one of a fixed kind."""
    for part in place:
        field = model.model_fields.get(str(part))
        if field is not None and isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
    return [field.alias or name for name, field in model.model_fields.items()]
