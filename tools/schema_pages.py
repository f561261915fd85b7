"""Write docs/schema.md and docs/schema.zh.md from resources/schema: one table a layer."""

from __future__ import annotations

from pathlib import Path

from parkloop import resources

HEADS = {
    "en": ("Schema", "Column", "Type", "Unit", "Needed", "Codes or reference", "Meaning", "Layers of a park", "Result tables", "yes"),
    "zh": ("数据规范", "字段", "类型", "单位", "必填", "代码或引用", "含义", "园区图层", "结果表", "是"),
}  # fmt: skip


def page(lang: str) -> str:
    """The page of one language."""
    title, *columns, park, results, yes = HEADS[lang]
    lines = [f"# {title}", "", f"## {park}", ""]
    for name, layer in resources.layers().items():
        shape = layer["geometry"] or "–"
        lines += [f"### {name} · {layer[f'label_{lang}']}", "", f"{layer[f'meaning_{lang}']} ({shape})", ""]
        lines += _table(name, lang, columns, yes)
    lines += [f"## {results}", ""]
    for path in sorted((resources.ROOT / "schema" / "results").glob("*.csv")):
        lines += [f"### {path.stem}", "", *_table(path.stem, lang, columns, yes)]
    return "\n".join(lines)


def _table(name: str, lang: str, columns: list[str], yes: str) -> list[str]:
    rows = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for column, row in resources.columns(name).items():
        label, meaning = row[f"label_{lang}"], row[f"meaning_{lang}"]
        needed = yes if row["required"] == "yes" else ""
        rows.append(
            f"| `{column}` {label} | {row['type']} | {row['unit']} | {needed} | {row['codes'] or row['refers']} | {meaning} |"
        )
    return [*rows, ""]


if __name__ == "__main__":
    docs = Path(__file__).resolve().parent.parent / "docs"
    (docs / "schema.md").write_text(page("en"), encoding="utf-8")
    (docs / "schema.zh.md").write_text(page("zh"), encoding="utf-8")
