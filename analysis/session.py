"""What every command shares: its language, how it speaks, how it ends."""

from __future__ import annotations

import json
import os
import platform
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

import parkloop

from .cancel import Stop
from .console import Console, Mode
from .errors import Cancelled, InputError, language

Lang = Annotated[str | None, typer.Option("--lang", help="en or zh; default PARKLOOP_LANG, else en")]
ProgressMode = Annotated[str | None, typer.Option("--progress", help="bar, ndjson or quiet")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only")]


@contextmanager
def session(lang: str | None, progress: str | None = None, quiet: bool = False) -> Iterator[tuple[Console, Stop]]:
    """One command: its console and its stop; turns every ending into the right words and exit code."""
    chosen = progress or ("quiet" if quiet else "bar")
    if chosen not in get_args(Mode):
        raise typer.BadParameter(f"--progress {chosen}: bar, ndjson or quiet")
    speech = language(lang)
    os.environ["PARKLOOP_LANG"] = speech
    console = Console(chosen, speech)  # type: ignore[arg-type]
    stop = Stop(console.cancelled)
    stop.listen(standard_input=chosen == "ndjson")
    try:
        yield console, stop
    except InputError as error:
        console.failed(error)
        raise typer.Exit(error.exit_code) from None
    except Cancelled as error:
        console.cancelled()
        raise typer.Exit(error.exit_code) from None
    except typer.Exit:
        raise
    except Exception:  # noqa: BLE001 (the one place where our own faults end: a report instead of a traceback)
        console.crashed(_crash_report())
        raise typer.Exit(1) from None
    finally:
        console.stop()


def _crash_report() -> Path:
    with tempfile.NamedTemporaryFile(
        "w", prefix="parkloop-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(json.dumps(versions(), indent=1) + "\n" + traceback.format_exc())
    return Path(file.name)


def versions() -> dict[str, Any]:
    packages: dict[str, str | None] = {}
    for name in (
        "geopandas",
        "shapely",
        "pyogrio",
        "pyproj",
        "rasterio",
        "numpy",
        "pandas",
        "scipy",
        "scikit-learn",
        "highspy",
        "igraph",
        "pydantic",
    ):
        try:
            packages[name] = package_version(name)
        except PackageNotFoundError:
            packages[name] = None
    return {
        "version": parkloop.version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages,
    }


def reporting(console: Console, step: str, stop: Stop) -> Any:
    """Progress of a single step, told by the console."""
    from .steps import Progress

    def listener(fraction: float, key: str, values: Mapping[str, Any]) -> None:
        console.progress(step, fraction, fraction, key, values)

    return Progress(listener, stop)
