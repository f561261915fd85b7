"""How a command speaks: a live bar and tables to a person, one JSON object a line to a program, or not at all."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from rich.console import Console as Screen
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import parkloop
from parkloop import resources

from .compare import Difference
from .errors import Finding, InputError
from .pipeline import Run
from .report.numbers import MILLION, Style
from .report.summary import key_outcomes

Mode = Literal["bar", "ndjson", "quiet"]


class Console:
    """Says what happens in one of three modes.

    Parameters
    ----------
    mode
        ``bar`` for a person, ``ndjson`` for a program (one JSON object a line on stdout), ``quiet`` for errors only.
    lang
        Language of the texts.
    """

    def __init__(self, mode: Mode, lang: str) -> None:
        self.mode, self.lang = mode, lang
        self._lock = threading.Lock()
        self._out = Screen(highlight=False)
        self._err = Screen(stderr=True, highlight=False)
        self._bar: Progress | None = None

    def text(self, key: str, **values: Any) -> str:
        """A text in the console's language."""
        return resources.text(key, self.lang, **values)

    def event(self, name: str, **content: Any) -> None:
        """One object of the protocol; nothing in the other modes."""
        if self.mode == "ndjson":
            with self._lock:
                sys.stdout.write(json.dumps({"event": name, **content}, ensure_ascii=False, allow_nan=False) + "\n")
                sys.stdout.flush()

    def say(self, message: str) -> None:
        """A line for a person."""
        if self.mode == "bar":
            self._out.print(message, soft_wrap=True)

    def show(self, table: Table) -> None:
        """A table for a person."""
        if self.mode == "bar":
            self._out.print(table)

    @property
    def _gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.lang == "zh" else " "

    def start(self, steps: list[str], temporary: Path) -> None:
        self.event("start", steps=steps, version=parkloop.version(), temporary=str(temporary))
        if self.mode == "bar" and self._err.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(),
                console=self._err, transient=True,
            )  # fmt: skip
            self._bar.start()
            self._bar.add_task("", total=1.0)

    def progress(self, step: str, fraction: float, overall: float, key: str, values: Mapping[str, Any]) -> None:
        """How far a step and the whole run are."""
        text = self.text(key, **values) if key else ""
        self.event("progress", step=step, fraction=round(fraction, 4), overall=round(overall, 4), text=text)
        if self._bar:
            title = self.text(f"{step}.title")
            label = title if text in ("", title) else f"{title}: {text}"
            self._bar.update(self._bar.task_ids[0], completed=overall, description=label)

    def step(self, name: str, run: Run) -> None:
        """A step has ended: its headline and figures."""
        result = run.results[name]
        key, values = result.headline
        line = self.text(key, **values) if key else ""
        if self.mode == "ndjson":
            figures = {
                k: {"value": f.value, "unit": f.unit, "estimated_share": f.estimated_share}
                for k, f in result.figures.items()
            }
            self.event(
                "step",
                step=name,
                headline=line,
                seconds=round(run.seconds[name], 2),
                reused=name in run.reused,
                figures=figures,
            )
            for finding in result.findings:
                self.event("finding", step=name, **finding.as_dict(self.lang))
        elif self.mode == "bar":
            (self._bar.console if self._bar else self._out).print(
                f"[green]✓[/] [bold]{self.text(f'{name}.title')}[/]  {line}  [dim]{run.seconds[name]:.1f} s[/]",
                soft_wrap=True,
            )

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def summary(self, run: Run, files: Mapping[str, Path]) -> None:
        """The end of a run: the figures that matter, the gaps, the warnings, the paths."""
        self.stop()
        self.event("done", out=str(next(iter(files.values())).parent), files={k: str(v) for k, v in files.items()})
        if self.mode != "bar":
            return
        outcomes = run.results["outcomes"].tables["outcomes"] if "outcomes" in run.results else None
        if outcomes is not None and len(outcomes):
            table = Table(box=None, header_style="bold")
            table.add_column(self.text("run.outcome"))
            for column in ("today", "planned", "difference"):
                table.add_column(self.text(f"run.{column}"), justify="right")
            table.add_column(self.text("run.unit"))
            style = Style(self.lang, run.park.currency)
            for row in key_outcomes(outcomes).to_dict("records"):
                amounts = [float(row[column]) for column in ("today", "planned", "difference")]
                top = max((abs(v) for v in amounts[:2] if v == v), default=0.0)
                unit = style.unit(str(row["unit"]), big=top >= MILLION)
                shown = (figure(amount * unit.factor) for amount in amounts)
                table.add_row(self.text(f"outcomes.figure.{row['outcome_id']}"), *shown, unit.label)
            self._out.print(table)
        gaps = [a for r in run.results.values() for a in r.answers if a.gap is not None]
        if gaps:
            worst = max(gaps, key=lambda a: a.gap or 0.0)
            self.say(self.text("run.gaps", count=len(gaps), worst=f"{100 * (worst.gap or 0):.2f}", name=worst.name))
        warnings = [f for r in run.results.values() for f in r.findings if f.severity != "info"]
        for finding in warnings[:8]:
            self.say(f"[yellow]![/] {_escape(finding.text(self.lang))}")
        if len(warnings) > 8:
            self.say(self.text("run.more_warnings", count=len(warnings) - 8))
        for path in files.values():
            self.say(f"  {_escape(str(path))}")

    def differences(self, rows: list[Difference]) -> None:
        """The figures of two runs; those that differ in bold."""
        if self.mode != "bar":
            return
        table = Table(box=None, header_style="bold")
        for key, justify in (
            ("figure", "left"),
            ("first", "right"),
            ("second", "right"),
            ("difference", "right"),
            ("unit", "left"),
        ):
            table.add_column(self.text(f"run.{key}"), justify=justify)  # type: ignore[arg-type]
        step = ""
        for row in rows:
            if row.step != step:
                step = row.step
                table.add_row(self.text(f"{step}.title"), style="bold")
            cells = (figure(row.first), figure(row.second), figure(row.change))
            unit = resources.unit(row.unit, self.lang)
            table.add_row(f"  {row.label[self.lang]}", *cells, unit, style="bold" if row.change else "dim")
        self._out.print(table)

    def findings(self, found: list[Finding]) -> None:
        """A list of findings, as ``check`` and the imports print it."""
        for finding in found:
            self.event("finding", **finding.as_dict(self.lang))
            if self.mode == "bar":
                colour = {"error": "red", "warning": "yellow", "info": "dim"}[finding.severity]
                said = finding.text(self.lang) + self._gap + finding.remedy(self.lang)
                self._out.print(
                    f"[{colour}]{self.text('run.' + finding.severity)}[/] {_escape(said)}", soft_wrap=True
                )

    def failed(self, error: InputError) -> None:
        """The input's fault: each sentence and its remedy."""
        self.stop()
        found = [finding.as_dict(self.lang) for finding in error.findings]
        self.event("error", exit_code=error.exit_code, findings=found)
        if self.mode != "ndjson":
            for finding in found[:20]:
                self._err.print(
                    f"[red]{_escape(finding['text'])}[/]{self._gap}{_escape(finding['remedy'])}", soft_wrap=True
                )
            if len(found) > 20:
                self._err.print(self.text("run.more_errors", count=len(found) - 20), soft_wrap=True)

    def crashed(self, report: Path) -> None:
        """Our fault: where the report to send is."""
        self.stop()
        text = self.text("run.crashed", path=report)
        remedy = self.text("run.crashed.remedy", path=report)
        self.event(
            "error",
            exit_code=1,
            report=str(report),
            findings=[{"text": text, "remedy": remedy, "layer": "", "id": "", "column": ""}],
        )
        if self.mode != "ndjson":
            self._err.print(f"[red]{_escape(text)}[/]{self._gap}{_escape(remedy)}", soft_wrap=True)

    def cancelled(self) -> None:
        """The user stopped the run."""
        self.stop()
        self.event("cancelled")
        if self.mode == "bar":
            self._err.print(self.text("run.cancelled"))


def figure(value: float | None) -> str:
    """A number with three significant digits and thousands separated; a dash for none."""
    if value is None or value != value:
        return "–"
    if abs(value) < 1e-9:  # what rounding leaves of a difference
        return "0"
    digits = max(0, 2 - int(f"{abs(value):e}".split("e")[1]))
    return f"{round(value, digits):,.{digits}f}" if digits else f"{float(f'{value:.3g}'):,.0f}"


def _escape(text: str) -> str:
    return text.replace("[", "\\[")
