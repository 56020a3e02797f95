"""The wheel: what is in it, and that it works where nothing else of ours is."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline by the backend that is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys, hatchling.build as backend; print(backend.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel, and of its dependencies what is installed here."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, symlinks=True)
    [site] = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # behind the wheel on the path: the checkout's editable entry would give the same names
    here = sysconfig.get_paths()["purelib"]
    for name in os.listdir(here):
        if not name.startswith(("h2proof", "_h2proof", "__editable__")) and not name.endswith(
            ".pth"
        ):
            target = site / name
            if not target.exists():
                target.symlink_to(Path(here) / name)
    return folder / "bin" / "python"


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(
        [str(python), "-I", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=outside,
    )


def test_the_wheel_holds_one_namespace_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {"h2proof", "h2proof-0.1.0.dist-info"} == {name.split("/")[0] for name in names}
    assert "h2proof/__init__.py" not in names
    for package in ("sim", "oracle", "properties"):
        assert f"h2proof/{package}/py.typed" in names


def test_every_file_of_the_source_roots_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "sim",
            "oracle",
            "properties",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    sources = {
        line.split("/", 1)[1] for line in listed.stdout.splitlines() if "/h2proof/" in f"/{line}"
    }
    existing = {
        name
        for name in sources
        if any((ROOT / root / name).exists() for root in ("sim", "oracle", "properties"))
    }

    assert existing - names == set()


def test_the_command_and_the_module_run_from_anywhere(python: Path, tmp_path: Path) -> None:
    help_text = run(python, "-m", "h2proof", "--help", cwd=tmp_path)

    assert help_text.returncode == 0, help_text.stderr
    assert "Usage: h2proof" in help_text.stdout


def test_the_wheel_is_what_is_imported(python: Path, tmp_path: Path) -> None:
    code = "import h2proof.sim, h2proof.oracle, h2proof.properties as p; print(p.__file__)"
    seen = run(python, "-c", code, cwd=tmp_path)

    assert seen.returncode == 0, seen.stderr
    assert str(python.parents[1]) in seen.stdout


def test_the_plugin_needs_no_hypothesis(python: Path, tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text("def test_nothing():\n    assert True\n")
    block = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('hypothesis', '_hypothesis_pytestplugin'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "import os; os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\n"
        "import pytest\n"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'h2proof.properties.plugin']))\n"
    )
    seen = run(python, "-c", block, cwd=tmp_path)

    assert "1 passed" in seen.stdout, seen.stdout + seen.stderr
