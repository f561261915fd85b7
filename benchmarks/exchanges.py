"""Documented by-product exchanges: who took it, guessed from the giving sector, the words and the waste code alone."""

from __future__ import annotations

import argparse
import csv
import json
import re
import statistics
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from parkloop.analysis.errors import InputError
from parkloop.analysis.links.suggest import divisions, suggest

COLUMNS = ("exchange_id", "donor_nace", "receiver_nace", "waste_description", "ewc")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the family."""
    parser.add_argument("files", nargs="+", type=Path, metavar="CSV")
    parser.add_argument(
        "--json", action="store_true", help="one object a row; the figures as one object on the error stream"
    )
    parser.set_defaults(measure=measure)


def measure(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    for path in arguments.files:
        try:
            found = [ranked(row) for row in read(path)]
        except InputError as error:
            print(error, file=sys.stderr)
            sys.exit(error.exit_code)
        whole = {"instance": str(path), **figures(found)}
        if arguments.json:
            for row in found:
                print(json.dumps(row, ensure_ascii=False))
            print(json.dumps(whole, ensure_ascii=False), file=sys.stderr)
            continue
        print(
            f"{path}: {whole['rows']} exchanges\n\n| | first three | first five | mean reciprocal rank | recall at five |"
        )
        print("|---|---|---|---|---|")
        for name, part in (("ours", whole["ours"]), ("best constant list", whole["constant"])):
            print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in part.values()) + " |")


def read(path: Path) -> list[dict[str, str]]:
    """Rows with a known receiving division.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or has no such row.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            rows = list(reader) if not missing else []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.of("suggest.unreadable", layer=str(path), reason=str(error)) from error
    if missing:
        raise InputError.of("suggest.missing_column", layer=str(path), column=missing[0])
    rows = [row for row in rows if receivers(row)]
    if not rows:
        raise InputError.of("suggest.no_rows", layer=str(path))
    return rows


def receivers(row: dict[str, str]) -> tuple[str, ...]:
    """Divisions that took it; none where the code is not documented or shorter than two digits."""
    return divisions(_documented(row["receiver_nace"]))


def _documented(code: str | None) -> str:
    """A sector code, or empty text where it says less than a division."""
    return code if code and re.match(r"\s*[A-Z]?\d{2}", code) else ""


def ranked(row: dict[str, str]) -> dict[str, Any]:
    """One exchange with the rank of the first of its true divisions (None if not ranked) and why."""
    found = suggest(_documented(row["donor_nace"]), row["waste_description"] or "", row["ewc"] or "")
    truth = receivers(row)
    rank = next((k for k, one in enumerate(found, 1) if one.division in truth), None)
    best = found[0]
    return {
        "instance": row["exchange_id"],
        "rank": rank,
        "division": truth[0],
        "first_five": [one.division for one in found[:5]],
        "family": best.reasons[0].family,
        "source": best.reasons[0].source,
    }


def figures(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares among the first three and five, mean reciprocal rank, recall at five averaged over receiving divisions."""
    truth = [row["division"] for row in found]
    often = [name for name, _ in sorted(Counter(truth).items(), key=lambda item: (-item[1], item[0]))]
    constant = [often.index(name) + 1 for name in truth]
    return {
        "rows": len(found),
        "ours": _scores([row["rank"] for row in found], truth),
        "constant": _scores(constant, truth),
        "constant_list": often[:5],
    }


def _scores(ranks: list[int | None] | list[int], truth: list[str]) -> dict[str, float]:
    inside = [rank is not None and rank <= 5 for rank in ranks]
    by_division: dict[str, list[bool]] = defaultdict(list)
    for name, hit in zip(truth, inside, strict=True):
        by_division[name].append(hit)
    return {
        "first_three": statistics.fmean(rank is not None and rank <= 3 for rank in ranks),
        "first_five": statistics.fmean(inside),
        "mean_reciprocal_rank": statistics.fmean(1 / rank if rank else 0.0 for rank in ranks),
        "recall_at_five_by_division": statistics.fmean(statistics.fmean(hits) for hits in by_division.values()),
    }
