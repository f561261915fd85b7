"""What is in the zip, and that the plugin repository and the oldest QGIS would take it."""

import ast
import configparser
import importlib.util
import re
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = (
    "name", "qgisMinimumVersion", "description", "about", "version", "author", "email", "repository", "tracker", "homepage",
)  # fmt: skip
SHIPPED_BY_QGIS = {"qgis", "processing"}
SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}"
    rb"|(?i:password|passwd|secret|api_?key|token)[\"']?\s*[:=]\s*[\"'][^\"'{}\s]{8,}[\"']"
)


def builder():
    spec = importlib.util.spec_from_file_location("build_plugin", ROOT / "tools" / "build_plugin.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def names(built):
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


@pytest.fixture(scope="session")
def metadata(unpacked):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(unpacked / "metadata.txt", encoding="utf-8")
    return dict(parser["general"])


def qgis_side(unpacked):
    """The Python files that QGIS's own interpreter reads."""
    return [
        unpacked / "__init__.py",
        unpacked / "resources" / "__init__.py",
        *sorted((unpacked / "plugin").rglob("*.py")),
    ]


def test_only_what_is_needed_is_in(names):
    assert {name.split("/")[0] for name in names} == {"parkloop"}
    inside = [name.split("/", 1)[1] for name in names]
    tops = {name.split("/")[0] for name in inside}
    assert {
        "metadata.txt",
        "__init__.py",
        "LICENSE",
        "requirements.lock",
        "pyproject.toml",
        "analysis",
        "plugin",
        "resources",
    } <= tops
    assert tops & {"tests", "docs", "benchmarks", "tools", ".git", ".venv", "build", "dist"} == set()
    assert [n for n in inside if "__pycache__" in n or n.endswith((".pyc", ".so", ".dll", ".exe", ".whl"))] == []
    assert [n for n in inside if any(part.startswith(".") for part in n.split("/"))] == []
    assert all(name.isascii() for name in names)


def test_every_module_of_the_checkout_is_in(names):
    for folder in ("analysis", "plugin", "resources"):
        here = {f"parkloop/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / folder).rglob("*.py")}
        assert here <= set(names)


def test_the_zip_is_small_and_the_same_each_time(built, unpacked, tmp_path):
    assert built.stat().st_size < 20e6
    assert builder().build(tmp_path, unpacked).read_bytes() == built.read_bytes()


def test_a_missing_file_stops_the_build(tmp_path):
    (tmp_path / "metadata.txt").write_text("version=1")
    with pytest.raises(SystemExit, match="LICENSE"):
        builder().build(tmp_path / "dist", tmp_path)
    assert not list(tmp_path.glob("dist/*"))


def test_metadata_is_what_the_repository_asks_for(metadata, unpacked):
    assert [key for key in REQUIRED if not metadata.get(key, "").strip()] == []
    assert re.fullmatch(r"\d+\.\d+\.\d+", metadata["version"])
    assert metadata["qgisMinimumVersion"] == "3.22" and metadata["qgisMaximumVersion"] == "4.99"
    assert metadata["hasProcessingProvider"] == "yes"
    assert (unpacked / metadata["icon"]).is_file()
    assert "plugin" not in metadata["name"].lower()
    for key in ("homepage", "repository", "tracker"):
        assert metadata[key].startswith("https://")
    assert "GNU GENERAL PUBLIC LICENSE" in (unpacked / "LICENSE").read_text(encoding="utf-8")


def test_the_plugin_parses_under_python_3_9(unpacked):
    for path in qgis_side(unpacked):
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 9))


def test_the_plugin_imports_only_what_qgis_ships(unpacked):
    allowed = SHIPPED_BY_QGIS | set(sys.stdlib_module_names)
    for path in qgis_side(unpacked):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                tops = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                # relative imports must not lead into the engine's half
                target = node.module or ""
                assert not (node.level and target.split(".")[0] == "analysis"), path
                tops = set() if node.level else {target.split(".")[0]}
            else:
                continue
            assert tops <= allowed, f"{path.name} imports {tops - allowed}"


def test_qt_is_reached_through_qgis_with_scoped_enums(unpacked):
    for path in sorted((unpacked / "plugin").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bPyQt[56]\b", text), path
        assert not re.search(r"\bexec_\(", text), path
        assert not re.search(
            r"\bQt\.(Align(?!mentFlag)|Left|Right|Horizontal|Vertical|UserRole|Checked|Key_)", text
        ), path


def test_no_secret_is_in(unpacked):
    for path in sorted(unpacked.rglob("*")):
        if path.suffix in (".py", ".toml", ".txt", ".csv", ".json", ".lock"):
            assert not SECRETS.search(path.read_bytes()), path


def test_all_packages_named_for_the_engine_are_in(unpacked):
    text = (unpacked / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"\npackages = \[(.*?)\]", text, re.DOTALL).group(1)
    for package in re.findall(r'"([\w.]+)"', listed):
        assert (unpacked.parent / package.replace(".", "/") / "__init__.py").is_file(), package
    # and the other way round: a package that is not listed would be missing from the engine
    found = {p.parent for folder in ("analysis", "resources") for p in (unpacked / folder).rglob("__init__.py")}
    found = {".".join(path.relative_to(unpacked.parent).parts) for path in found}
    assert found - set(re.findall(r'"([\w.]+)"', listed)) == set()
