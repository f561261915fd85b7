"""Where the engine is found, whether it fits, and how it is set up."""

import hashlib
import io
import shutil
import sys
import tarfile
import zipfile

import pytest
from qgis.core import QgsSettings

FAKE = "tests/qgis/fake_engine.py"


@pytest.fixture()
def discover(qgis_app, monkeypatch, tmp_path):
    from parkloop.plugin.engine import discover

    monkeypatch.setattr(discover, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(discover, "PLUGIN_FOLDER", tmp_path / "plugin")
    return discover


def program(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_what_was_chosen_by_name_comes_first(discover, monkeypatch, tmp_path):
    from parkloop.plugin.engine.errors import EngineError

    with pytest.raises(EngineError, match="not set up yet"):
        discover.find()
    checkout = program(tmp_path / "plugin" / ".venv" / "bin" / "python")
    assert discover.find() == checkout
    own = program(discover.python_in(discover.own_environment()))
    assert discover.find() == own
    chosen = program(tmp_path / "chosen")
    discover.remember(chosen)
    assert discover.find() == chosen
    named = program(tmp_path / "named")
    monkeypatch.setenv("PARKLOOP_ENGINE", str(named))
    assert discover.find() == named


def test_a_chosen_engine_that_is_gone_is_not_replaced_silently(discover, tmp_path):
    from parkloop.plugin.engine.errors import EngineError

    program(discover.python_in(discover.own_environment()))
    QgsSettings().setValue("parkloop/engine", str(tmp_path / "gone"))
    with pytest.raises(EngineError, match="gone"):
        discover.find()


@pytest.mark.parametrize(
    ("mode", "sentence"), [("garbage", "no working ParkLoop engine"), ("old", "of version 0.0.1")]
)
def test_verify_refuses_what_does_not_fit(fake, mode, sentence):
    from parkloop.plugin.engine import discover
    from parkloop.plugin.engine.errors import EngineError
    from parkloop.plugin.engine.verify import verify

    fake("good")
    assert verify(discover.find())["version"]
    fake(mode)
    with pytest.raises(EngineError, match=sentence):
        verify(discover.find())


def test_the_python_of_the_system_is_taken_where_it_fits(qgis_app, tmp_path):
    from parkloop.plugin.engine import python

    old = program(tmp_path / "old")  # answers nothing
    found = python.of_system(tmp_path, lambda: False, [[str(old)], [str(tmp_path / "absent")], [sys.executable]])
    assert found == sys.executable
    assert python.of_system(tmp_path, lambda: False, [[str(old)]]) is None


def archive(path, name="python/bin/python3"):
    with tarfile.open(str(path), "w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mode = 2, 0o755
        tar.addfile(info, io.BytesIO(b"py"))


def test_a_private_python_comes_out_of_the_folder(qgis_app, tmp_path):
    from parkloop.plugin.engine import python, uv
    from parkloop.plugin.engine.errors import EngineError

    folder = tmp_path / "wheels"
    folder.mkdir()
    said = []
    with pytest.raises(EngineError, match="holds none"):
        python.from_archive(folder, tmp_path / "home", lambda fraction, text: said.append(text))
    here = uv.machine("python")
    archive(folder / f"cpython-3.10.1+20240101-{here}-install_only.tar.gz")
    archive(folder / "cpython-3.12.4+20240101-riscv64-unknown-linux-gnu-install_only.tar.gz")
    with pytest.raises(EngineError, match="holds none"):
        python.from_archive(folder, tmp_path / "home", lambda fraction, text: None)
    good = folder / f"cpython-3.12.4+20240101-{here}-install_only.tar.gz"
    archive(good)
    found = python.from_archive(folder, tmp_path / "home", lambda fraction, text: said.append(text))
    assert found.read_bytes() == b"py" and said[-1].endswith(good.name)
    shutil.rmtree(tmp_path / "home")
    good.write_bytes(b"half a file")
    with pytest.raises(EngineError, match="cannot be unpacked"):
        python.from_archive(folder, tmp_path / "home", lambda fraction, text: None)
    assert not (tmp_path / "home").exists() or list((tmp_path / "home").iterdir()) == []


def test_uv_comes_out_of_the_newest_wheel_of_a_mirror(qgis_app, tmp_path, monkeypatch):
    from parkloop.plugin.engine import uv
    from parkloop.plugin.engine.errors import EngineError
    from parkloop.plugin.engine.source import MIRROR, Source

    monkeypatch.setattr(uv.shutil, "which", lambda *a, **k: None)
    index = tmp_path / "simple" / "uv"
    index.mkdir(parents=True)
    tag = {"linux": "manylinux_2_17_x86_64.manylinux2014_x86_64"}[sys.platform]
    wheel = index / f"uv-0.10.0-py3-none-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("uv-0.10.0.data/scripts/uv", "#!/bin/sh\necho uv\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    names = [f"uv-0.9.9-py3-none-{tag}.whl", "uv-0.11.0-py3-none-win32.whl", f"{wheel.name}#sha256={digest}"]
    page = "".join(f'<a href="../uv/{name}">{name}</a>' for name in names)
    url, found = uv.newest_wheel(page, "https://mirror/simple/uv/")
    assert (url, found) == (f"https://mirror/simple/uv/{wheel.name}", digest)
    with pytest.raises(EngineError, match="no uv"):
        uv.newest_wheel("<a href='uv-1.tar.gz'>", "https://mirror/simple/uv/")

    pages = {"file:///m/uv/": page.encode(), f"file:///m/uv/{wheel.name}": wheel.read_bytes()}
    monkeypatch.setattr(uv, "fetch", lambda url: pages[url])
    page = page.replace("../uv/", "")
    pages["file:///m/uv/"] = page.encode()
    out = tmp_path / "out"
    out.mkdir()
    found = uv.find(Source(MIRROR, "file:///m"), out, lambda fraction, text: None)
    assert found.read_text().startswith("#!/bin/sh") and found.stat().st_mode & 0o100
    pages[f"file:///m/uv/{wheel.name}"] += b"x"
    with pytest.raises(EngineError, match="damaged"):
        uv.find(Source(MIRROR, "file:///m"), out, lambda fraction, text: None)


def test_the_network_is_asked_through_qgis(qgis_app, tmp_path):
    from parkloop.plugin.engine import network
    from parkloop.plugin.engine.errors import EngineError

    (tmp_path / "page").write_text("hello")
    assert network.fetch((tmp_path / "page").as_uri()) == b"hello"
    with pytest.raises(EngineError, match="cannot be reached"):
        network.fetch((tmp_path / "absent").as_uri())
    assert network.proxy_variables() == {}
    values = {"proxyEnabled": True, "proxyType": "HttpProxy", "proxyHost": "p.park", "proxyPort": "8080"}
    try:
        for name, value in values.items():
            QgsSettings().setValue("proxy/" + name, value)
        assert network.proxy_variables()["HTTPS_PROXY"] == "http://p.park:8080"
    finally:
        QgsSettings().remove("proxy")


def test_a_folder_of_wheels_never_asks_the_network(qgis_app, tmp_path):
    from parkloop.plugin.engine.errors import EngineError
    from parkloop.plugin.engine.source import FOLDER, MIRROR, PYPI, Source, check, pip_options

    words, options, variables = pip_options(Source(FOLDER, str(tmp_path)))
    assert words == ["--isolated"] and options == ["--no-index", "--find-links", str(tmp_path)]
    assert variables == {"PIP_CONFIG_FILE": "/dev/null"}
    assert pip_options(Source(PYPI, "")) == ([], [], {})
    assert pip_options(Source(MIRROR, "https://m/simple"))[1] == ["--index-url", "https://m/simple"]
    with pytest.raises(EngineError, match="does not exist"):
        check(Source(FOLDER, str(tmp_path / "absent")))
    with pytest.raises(EngineError, match="not the address"):
        check(Source(MIRROR, "mirror"))


def test_a_failed_command_says_what_was_missing(qgis_app, tmp_path):
    from parkloop.plugin.engine.command import execute
    from parkloop.plugin.engine.errors import EngineError

    def fail(words):
        code = f"import sys; print({words!r}, file=sys.stderr); sys.exit(1)"
        with pytest.raises(EngineError) as caught:
            execute([sys.executable, "-c", code], tmp_path, lambda: False)
        assert words in caught.value.details
        return str(caught.value)

    assert "typer==0.29.2 is not offered" in fail("The user requested (constraint) typer==0.29.2")
    assert "setuptools>=77 is not offered" in fail("ERROR: No matching distribution found for setuptools>=77")
    assert "ERROR: disk full" in fail("words\nERROR: disk full")
    assert execute([sys.executable, "-c", "print(1); print(2)"], tmp_path, lambda: False) == "2"


@pytest.fixture()
def set_up(discover, monkeypatch, tmp_path):
    """Set-up with steps that only pretend: ``set_up(fail_at=..., cancel_at=...)``."""
    from parkloop.plugin.engine import environment
    from parkloop.plugin.engine.errors import EngineError
    from parkloop.plugin.engine.source import PYPI, Source

    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "requirements.lock").write_text("a==1\nb==2\n")
    (plugin / "__init__.py").write_text("")

    def call(fail_at="", cancel_at=""):
        stages = []

        def execute(command, folder, cancelled, heard=lambda line: None, variables=None):
            words = [str(word) for word in command]
            stage = "venv" if "venv" in words else "build tool" if "setuptools>=77" in words else "install"
            stages.append(stage)
            if stage == "venv":
                program(discover.python_in(words[-1]))
            heard("Collecting a")
            if stage == fail_at:
                raise EngineError.of("setup.failed", reason="ERROR: no wheel")
            return ""

        def verify(python):
            assert python.is_file()
            stages.append("verify")
            if fail_at == "verify":
                raise EngineError.of("engine.no_answer", path=python)

        monkeypatch.setattr(environment, "execute", execute)
        monkeypatch.setattr(environment, "verify", verify)
        monkeypatch.setattr(environment.python, "base", lambda *a: "/usr/bin/python3")
        said = []
        found = environment.set_up(
            Source(PYPI, ""), lambda fraction, text: said.append(fraction), lambda: cancel_at in stages
        )
        assert stages == ["venv", "build tool", "install", "verify"]
        assert said == sorted(said) and said[-1] == 1.0
        return found

    return call


def test_set_up_makes_an_environment_that_is_found(set_up, discover):
    found = set_up()
    assert found == discover.find() == discover.python_in(discover.own_environment())
    assert [path.name for path in discover.home().iterdir()] == [discover.own_environment().name]


@pytest.mark.parametrize("stage", ["venv", "build tool", "install", "verify"])
def test_a_set_up_that_fails_leaves_nothing_and_keeps_what_was(set_up, discover, stage):
    from parkloop.plugin.engine.errors import EngineError

    with pytest.raises(EngineError):
        set_up(fail_at=stage)
    assert list(discover.home().iterdir()) == []
    (set_up().parent / "old").write_text("still here")
    with pytest.raises(EngineError):
        set_up(fail_at=stage)
    assert (discover.find().parent / "old").exists()
    set_up()
    assert not (discover.find().parent / "old").exists()


def test_a_cancelled_set_up_leaves_nothing(set_up, discover):
    from parkloop.plugin.engine.errors import RunCancelled

    with pytest.raises(RunCancelled):
        set_up(cancel_at="verify")
    assert list(discover.home().iterdir()) == []
