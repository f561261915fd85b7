"""``parkloop targets heat PARK`` and ``parkloop targets water PARK``: tables on the screen, or one JSON object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..console import Console, figure
from ..errors import Finding
from ..session import Lang, ProgressMode, Quiet, reporting, session

if TYPE_CHECKING:
    import pandas as pd

    from ..cancel import Stop
    from ..park.model import Park
    from ..scenario import Scenario

targets = typer.Typer(
    no_args_is_help=True, help="The least heating, cooling and fresh water that any design could reach."
)

By = Annotated[
    Literal["firm", "cluster", "park"], typer.Option("--by", help="Rows: each firm, each cluster, or the park only")
]
ScenarioFile = Annotated[Path | None, typer.Option("--scenario", help="Scenario (TOML)")]
ParkFile = Annotated[str, typer.Argument(help="The park: a GeoPackage, or a folder of layers")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of the tables")]


@targets.command("heat")
def heat_command(
    park: ParkFile,
    by: By = "park",
    approach: Annotated[float | None, typer.Option(min=0, max=100, help="Smallest temperature difference in one exchanger, in K; default: half that of the scenario's heat links, which pass two")] = None,
    levels: Annotated[str | None, typer.Option(help="Shared levels in C, hot water as supply/return: 250,180,95/70")] = None,
    scenario: ScenarioFile = None,
    as_json: Json = False,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Least hot and cold utility: of each firm alone, through shared steam and hot water, and joined directly."""
    with session(lang, progress, quiet or as_json) as (console, stop):
        from ..park.read import read_park
        from ..scenario import read_scenario
        from . import heat

        data, choices = read_park(park), read_scenario(scenario)
        shared = heat.levels_of(levels, choices)
        group, more = _groups(data, choices, by, console, stop)
        apart = choices.links.approach_k / 2 if approach is None else approach
        found = heat.targets(data, group, apart, shared, stop)
        _say(console, as_json, {**found.as_dict(), "by": by}, more + found.findings)
        if not as_json:
            _table(console, found.table, "group", by)
            _table(console, found.levels, "level", by)


@targets.command("water")
def water_command(
    park: ParkFile,
    by: By = "park",
    scenario: ScenarioFile = None,
    as_json: Json = False,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Least fresh water and wastewater: with reuse as it is, and with treatment for reuse."""
    with session(lang, progress, quiet or as_json) as (console, stop):
        from ..park.read import read_park
        from ..scenario import read_scenario
        from . import water

        data, choices = read_park(park), read_scenario(scenario)
        group, more = _groups(data, choices, by, console, stop)
        found = water.targets(data, choices, group, stop)
        _say(console, as_json, {**found.as_dict(), "by": by}, more + found.findings)
        if not as_json:
            _table(console, found.table, "group", by)


def _groups(
    park: Park, scenario: Scenario, by: str, console: Console, stop: Stop
) -> tuple[pd.Series | None, list[Finding]]:
    """Name of the group of each firm; None where the park alone is asked for. Firms outside every cluster stand alone."""
    import pandas as pd

    names = pd.Index(
        sorted(set(park["heat_streams"]["enterprise_id"]) | set(park["water_streams"]["enterprise_id"]))
    )
    alone = pd.Series(names, index=names, dtype=object)
    if by == "park":
        return None, []
    if by == "firm":
        return alone, []
    from .. import pipeline

    told = reporting(console, "clusters", stop)
    run = pipeline.run(
        park, scenario, ["clusters"], lambda step, part, overall, key, values: told(overall, key, **values), stop
    )
    members = run.results["clusters"].tables["cluster_members"].set_index("enterprise_id")["cluster_id"]
    group = members.reindex(names)
    return group.where(group.notna(), alone), []


def _say(console: Console, as_json: bool, content: dict[str, Any], findings: list[Finding]) -> None:
    told = [finding.as_dict(console.lang) for finding in findings]
    if as_json:
        typer.echo(json.dumps({**content, "findings": told}, ensure_ascii=False, allow_nan=False))
        return
    console.findings(findings)
    console.event("targets", **content)


def _table(console: Console, frame: pd.DataFrame, first: str, by: str) -> None:
    """A frame for a person: texts to the left, numbers to the right; a single row stands upright."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", show_header=len(frame) > 1 or first == "level")
    names = [console.text(f"targets.{by if column == 'group' else column}") for column in frame.columns]
    rows = [[_cell(console, value) for value in row] for row in frame.itertuples(index=False)]
    if len(rows) == 1 and first == "group":
        names, rows = ["", ""], [list(pair) for pair in zip(names, rows[0], strict=True)]
    for n, name in enumerate(names):
        table.add_column(name, justify="right" if n else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.show(table)


def _cell(console: Console, value: object) -> str:
    if isinstance(value, str):
        return value or console.text("targets.whole_park")
    return f"{value}" if isinstance(value, int) else figure(value)  # type: ignore[arg-type]
