"""The commands, nothing else: each turns words of the command line into a call of a room."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

import parkloop
from parkloop import resources

from .cancel import Stop
from .console import Console
from .errors import Cancelled, InputError
from .session import Lang, ProgressMode, Quiet, reporting, session, versions
from .targets.command import targets

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="Plan the circular transformation of an industrial park. 园区循环化改造规划。",
)  # fmt: skip
importing = typer.Typer(
    no_args_is_help=True, help="Make a park from a map extract, your own layers or a questionnaire."
)
app.add_typer(importing, name="import")
app.add_typer(targets, name="targets")

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists")]


def main() -> None:
    """Entry point of ``parkloop`` and ``python -m parkloop``."""
    app(prog_name="parkloop")


def _out(given: Path | None, stem: str) -> Path:
    """The folder asked for, else the first free ``<stem>-run-N`` here."""
    if given is not None:
        return given
    number = 1
    while (free := Path.cwd() / f"{stem}-run-{number}").exists():
        number += 1
    return free


def _free(path: Path, overwrite: bool, suffix: str = ".gpkg") -> Path:
    """The file to write; what is wrong with its name or place is said before the work, not after it."""
    if path.suffix.lower() != suffix:
        raise InputError.of("park.wrong_suffix", path=str(path), suffix=suffix)
    if path.exists() and not overwrite:
        raise InputError.of("run.file_exists", layer=str(path))
    if not path.absolute().parent.is_dir():
        raise InputError.of("park.unwritable", path=str(path), reason=os.strerror(errno.ENOENT))
    return path


@app.command()
def version(
    as_json: Annotated[bool, typer.Option("--json", help="With the versions of the libraries")] = False,
) -> None:
    """Print the version."""
    typer.echo(json.dumps(versions()) if as_json else parkloop.version())


@app.command()
def run(
    park: Annotated[str, typer.Argument(help="The park: a GeoPackage, or a folder of layers")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="New folder for the results")] = None,
    scenario: Annotated[Path | None, typer.Option(help="Scenario (TOML)")] = None,
    steps: Annotated[str | None, typer.Option(help="Steps, separated by commas; what they need is run too")] = None,
    reuse: Annotated[
        Path | None, typer.Option(help="Folder of an earlier run whose unchanged steps are taken over")
    ] = None,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Run the analysis on a park."""
    with session(lang, progress, quiet) as (console, stop):
        _run(park, _out(out, Path(park).stem), scenario, steps, reuse, console, stop)


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option("-o", "--out", help="New folder for the results")] = None,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Run the whole analysis on the embedded demo park (synthetic)."""
    with session(lang, progress, quiet) as (console, stop):
        _run(str(demo_park()), _out(out, "demo"), None, None, None, console, stop)


def demo_park() -> Path:
    """Path of the embedded demo park."""
    return resources.ROOT.parent / "test_data" / "demo.gpkg"


def _run(
    park: str, out: Path, scenario: Path | None, steps: str | None, reuse: Path | None, console: Console, stop: Stop
) -> None:
    from . import pipeline, runfolder
    from .park.read import read_park
    from .scenario import read_scenario

    names = [name.strip() for name in steps.split(",")] if steps is not None else None
    chosen = pipeline.with_needed(names)
    choices = read_scenario(scenario)
    look_up = runfolder.earlier(reuse)
    # absolute from here on: the temporary folder is removed by name, wherever the process stands
    out = out.absolute()
    with runfolder.new_folder(out) as part:
        stop.leave_nothing.append(part)
        console.start(chosen, part)
        begun = time.perf_counter()
        data = read_park(park)
        reading = time.perf_counter() - begun
        found = pipeline.run(data, choices, names, console.progress, stop, console.step, look_up)

        found.seconds["reading"] = reading

        def report(fraction: float, key: str) -> None:
            if stop():
                raise Cancelled()
            console.progress("report", fraction, 1.0, key, {})

        runfolder.write(found, part, console.lang, report)
        files = sorted(path.name for path in part.iterdir() if path.name != runfolder.STEPS)
        if stop():
            raise Cancelled()
    stop.leave_nothing.clear()
    console.summary(found, {name: out / name for name in files})


@app.command()
def check(
    park: Annotated[str, typer.Argument(help="The park: a GeoPackage, or a folder of layers")],
    mend: Annotated[
        Path | None, typer.Option(help="Write a park in which all that can be mended safely is mended")
    ] = None,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """List the problems of a park's data, each with layer, id, column and remedy; exit code 2 on errors."""
    with session(lang, progress, quiet) as (console, _):
        from .park.mend import mend_park
        from .park.read import check_park

        if mend is not None:
            console.findings(mend_park(park, _free(mend, False)))
            park = str(mend)
        found = check_park(park)
        console.findings(found)
        count = {kind: sum(f.severity == kind for f in found) for kind in ("error", "warning", "info")}
        console.event("done", **count)
        console.say(
            console.text("run.check_summary", errors=count["error"], warnings=count["warning"], notes=count["info"])
            if found
            else console.text("run.check_clean")
        )
        if count["error"]:
            raise typer.Exit(2)


@app.command()
def choices() -> None:
    """Print every choice of a scenario with default, bounds and text, as JSON."""
    from .choices import describe

    typer.echo(json.dumps(describe(), ensure_ascii=False))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a run")],
    second: Annotated[Path, typer.Argument(help="Folder of another run")],
    lang: Lang = None,
    progress: ProgressMode = None,
) -> None:
    """Put the figures of two runs side by side."""
    with session(lang, progress) as (console, _):
        from .compare import compare as differences

        rows = differences(first, second)
        for row in rows:
            console.event(
                "figure", step=row.step, figure=row.figure, label=row.label[console.lang], unit=row.unit,
                first=row.first, second=row.second, change=row.change,
            )  # fmt: skip
        console.differences(rows)


@app.command()
def synth(
    out: Annotated[Path, typer.Option("-o", "--out", help="GeoPackage to write")],
    enterprises: Annotated[int, typer.Option(min=5, max=5000, help="How many enterprises")] = 60,
    seed: Annotated[int, typer.Option(help="Same seed, same park")] = 1,
    overwrite: Overwrite = False,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Generate a believable park; nothing in it describes a real place."""
    with session(lang, progress, quiet) as (console, stop):
        from .park.synth import synthesise
        from .park.write import write_park

        _free(out, overwrite)
        with tempfile.TemporaryDirectory() as folder:
            park = synthesise(enterprises, seed, Path(folder), reporting(console, "synth", stop))
            write_park(park, out)
        _written(console, out, park)


@importing.command("osm")
def import_osm(
    extract: Annotated[Path, typer.Argument(help="OpenStreetMap extract (.osm.pbf)")],
    out: Annotated[Path, typer.Option("-o", "--out", help="GeoPackage to write")],
    boundary: Annotated[Path | None, typer.Option(help="Layer with the park's boundary")] = None,
    bbox: Annotated[str | None, typer.Option(help="Box west,south,east,north in degrees")] = None,
    dem: Annotated[Path | None, typer.Option(help="Terrain raster")] = None,
    overwrite: Overwrite = False,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Make a park from an OpenStreetMap extract; figures are sector-typical estimates and stay marked so."""
    with session(lang, progress, quiet) as (console, stop):
        from .park.osm import import_osm as build
        from .park.write import write_park

        _free(out, overwrite)
        park, found = build(extract, boundary, _box(bbox), dem, reporting(console, "osm", stop))
        write_park(park, out)
        console.findings(found)
        _written(console, out, park)


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError.of("run.bad_box", column=text) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError.of("run.bad_box", column=text)
    return west, south, east, north


@importing.command("layers")
def import_layers(
    files: Annotated[
        list[Path], typer.Argument(help="Shapefiles, DXF, GeoJSON, GeoPackages, Excel books, CSV tables")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="GeoPackage to write")],
    mapping: Annotated[
        Path | None, typer.Option(help="Mapping file; proposed and written there where it does not exist yet")
    ] = None,
    propose_only: Annotated[
        bool,
        typer.Option("--propose", help="Only write the mapping, or match the columns of its entries without any"),
    ] = False,
    overwrite: Overwrite = False,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Make a park from a planner's own layers and tables, by a mapping that is proposed and can be mended."""
    with session(lang, progress, quiet) as (console, _):
        from .park import layers
        from .park.write import write_park

        _free(out, overwrite)
        place = mapping or out.with_suffix(".mapping.toml")
        known = place.exists()
        chosen = layers.read_mapping(place) if known else layers.propose(files)
        if known and propose_only:
            chosen = layers.complete(files, chosen)
        if not known or propose_only:
            layers.write_mapping(chosen, place)
            console.event(
                "mapping",
                path=str(place),
                mapping=chosen.model_dump(mode="json", by_alias=True),
                headings=layers.headings(files),
            )
            console.say(console.text("layers.mapping_proposed", path=place))
        if propose_only:
            console.event("done", out=str(place), files={place.name: str(place)})
            return
        park, found = layers.build(files, chosen)
        write_park(park, out)
        console.findings(found)
        _written(console, out, park)


@importing.command("xlsx")
def import_xlsx(
    book: Annotated[Path, typer.Argument(help="A filled-in questionnaire")],
    into: Annotated[Path, typer.Option(help="The park it belongs to")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="GeoPackage to write; default: the park itself")
    ] = None,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Take a questionnaire's figures into a park; they replace estimates, and each rejected cell is named."""
    with session(lang, progress, quiet) as (console, _):
        from .park.questionnaire import read_book, taken
        from .park.read import read_park
        from .park.write import write_park

        before = read_park(str(into))
        park, found = read_book(book, before)
        wrong = [finding for finding in found if finding.severity == "error"]
        if wrong:  # the answers together make a park that no step could use
            raise InputError(*wrong)
        write_park(park, out or into)
        console.findings(found)
        console.say(console.text("questionnaire.taken", count=taken(before, park), left=len(found)))
        _written(console, out or into, park)


@app.command()
def template(
    out: Annotated[Path, typer.Option("-o", "--out", help="Excel workbook to write")],
    park: Annotated[Path | None, typer.Option(help="Fill in what this park holds already")] = None,
    overwrite: Overwrite = False,
    lang: Lang = None,
    progress: ProgressMode = None,
    quiet: Quiet = False,
) -> None:
    """Write the questionnaire: one sheet a table, headings in both languages, units, lists and notes."""
    with session(lang, progress, quiet) as (console, _):
        from .park.questionnaire import write_template
        from .park.read import read_park

        write_template(_free(out, overwrite, ".xlsx"), console.lang, read_park(str(park)) if park else None)
        console.event("done", out=str(out), files={out.name: str(out)})
        console.say(str(out))


def _written(console: Console, path: Path, park: Any) -> None:
    counts = {layer: len(park[layer]) for layer in ("parcels", "buildings", "enterprises")}
    console.event("done", out=str(path), files={path.name: str(path)}, rows=counts)
    console.say(console.text("run.park_written", path=path, **counts))


if __name__ == "__main__":
    main()
