"""The choices of a scenario as plain data, from which the dock makes its forms and the guide its tables."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from parkloop import resources

from .scenario import Choices, Scenario

LISTS = {"utilities": "utility", "redundant": "utility"}  # choices whose options stand in a code list


def describe() -> list[dict[str, Any]]:
    """Every choice: step (empty for those of the whole run), name, type, default, bounds, options with labels, label by language.

    ``type`` is one of ``bool``, ``int``, ``float``, ``choice`` (one of ``options``), ``choices`` (several of them), ``list``,
    ``table`` and ``text``; ``item`` is the type of what a list or table holds.
    """
    found = []
    for name, field in Scenario.model_fields.items():
        if isinstance(field.default, Choices):
            found += _of(type(field.default), name)
    return [*_of(Scenario, ""), *found]


def _of(model: type[BaseModel], step: str) -> list[dict[str, Any]]:
    properties = model.model_json_schema()["properties"]
    rows = []
    for name, field in model.model_fields.items():
        if isinstance(field.default, Choices):
            continue
        entry = properties[name]
        # an optional number is described as "number or null"
        kind = next((part for part in entry.get("anyOf", [entry]) if part.get("type") != "null"), entry)
        options = kind.get("enum") or kind.get("items", {}).get("enum")
        key = f"choice.{step}.{name}" if step else f"choice.{name}"
        rows.append(
            {
                "step": step,
                "name": name,
                "type": _type(kind, bool(options)),
                "item": _item(kind),
                "default": _plain(field.get_default(call_default_factory=True)),
                "minimum": kind.get("minimum", kind.get("exclusiveMinimum")),
                "minimum_excluded": "exclusiveMinimum" in kind,
                "maximum": kind.get("maximum", kind.get("exclusiveMaximum")),
                "options": {option: _option(key, name, option) for option in options or []},
                "label": {lang: resources.text(key, lang) for lang in resources.LANGUAGES},
            }
        )
    return rows


def _item(kind: dict[str, Any]) -> str:
    inner = kind.get("items") or kind.get("additionalProperties") or next(iter(kind.get("prefixItems", [])), None)
    return _type(inner, False) if isinstance(inner, dict) else ""


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (tuple, set, frozenset)) else value


def _option(key: str, name: str, option: str) -> dict[str, str]:
    """What an option is called: an entry of a code list, a text of its own, or, where it needs none, itself."""
    row = resources.codes(LISTS.get(name, "")).get(option)
    if row:
        return {lang: row[f"label_{lang}"] for lang in resources.LANGUAGES}
    return {lang: resources.texts(lang).get(f"{key}.{option}", option) for lang in resources.LANGUAGES}


def _type(kind: dict[str, Any], coded: bool) -> str:
    if coded:
        return "choices" if kind.get("type") == "array" else "choice"
    return {"boolean": "bool", "integer": "int", "number": "float", "array": "list", "object": "table"}.get(
        kind.get("type", ""), "text"
    )
