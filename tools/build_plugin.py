"""Build the plugin's zip: ``python tools/build_plugin.py [-o FOLDER]``. The same files give the same bytes."""

import argparse
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = "parkloop"  # the top folder, and so the plugin's name inside QGIS
FILES = (
    "__init__.py",
    "__main__.py",
    "CHANGELOG.md",
    "LICENSE",
    "metadata.txt",
    "pyproject.toml",
    "README.md",
    "requirements.lock",
    "setup.py",
)
FOLDERS = ("analysis", "plugin", "resources", "test_data")
SUFFIXES = {".py", ".csv", ".md", ".css", ".gpkg", ".html", ".js", ".json", ".qml", ".qpt", ".svg", ".tif", ".toml"}
OPTIONAL = ("CHANGELOG.md", "README.md")
DATE = (2020, 1, 1, 0, 0, 0)


def contents(root=ROOT):
    """The files that belong into the zip, sorted, relative to the root."""
    missing = [name for name in FILES if name not in OPTIONAL and not (root / name).is_file()]
    if missing:
        raise SystemExit(f"build_plugin: missing {', '.join(missing)}")
    found = [Path(name) for name in FILES if (root / name).is_file()]
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            inside = path.relative_to(root)
            hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
            if path.is_file() and path.suffix in SUFFIXES and not hidden:
                found.append(inside)
    return sorted(found, key=lambda path: path.as_posix())


def version(root=ROOT):
    """The version in ``metadata.txt``."""
    lines = (root / "metadata.txt").read_text(encoding="utf-8").splitlines()
    return next(line.split("=", 1)[1].strip() for line in lines if line.startswith("version="))


def build(folder, root=ROOT):
    """Write ``<folder>/parkloop-<version>.zip`` and return its path."""
    files = contents(root)
    target = Path(folder) / f"{NAME}-{version(root)}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(f"{NAME}/{path.as_posix()}", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, (root / path).read_bytes())
    part.replace(target)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", default=ROOT / "dist", help="folder of the zip (default: dist)")
    path = build(parser.parse_args().out)
    print(f"{path} ({path.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
