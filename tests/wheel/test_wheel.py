"""The built package works away from the checkout: unpacked, zipped, and without stale copies when editable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

#: Folders of data in the package, with where a checkout has them.
DATA_FOLDERS = {"grammars": "grammars", "mechanisms": "mechanisms", "errors": "docs/errors"}

REPORT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import mscnet
from mscnet import assets
print(json.dumps({
    "file": mscnet.__file__,
    "mechanisms": {name: assets.mechanism_text(name) for name in assets.mechanism_names()},
    "grammar": assets.grammar_text("mech.lark"),
}))
"""

SIMULATE = """
import sys
sys.path.insert(0, sys.argv[1])
import mscnet
mechanism = mscnet.load("cdtese")
print(mscnet.__file__, mechanism.name)
"""


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of the checkout and the wheel that is built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--no-isolation", "--outdir", str(folder), str(checkout))
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the wheel."""
    folder = tmp_path_factory.mktemp("site")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel))
    return folder


def run(*arguments: str, cwd: Path | None = None) -> str:
    """What this interpreter prints, run on `arguments` with neither the checkout nor the user's folder on its path."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def data_files(folder: Path) -> dict[str, bytes]:
    """Content of the data files of the checkout `folder`, by their path in the package."""
    return {
        f"{name}/{file.relative_to(folder / place).as_posix()}": file.read_bytes()
        for name, place in DATA_FOLDERS.items()
        for file in (folder / place).rglob("*")
        if file.is_file()
    }


def test_the_wheel_holds_the_checkouts_data(checkout: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {
            name.removeprefix("mscnet/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith(tuple(f"mscnet/{folder}/" for folder in DATA_FOLDERS))
        }
    assert held == data_files(checkout)


def test_the_wheel_from_the_checkout_holds_the_same_files_as_the_one_from_the_sdist(
    checkout: Path, wheel: Path, tmp_path: Path
) -> None:
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(checkout))
    with zipfile.ZipFile(wheel) as from_sdist, zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as direct:
        assert sorted(from_sdist.namelist()) == sorted(direct.namelist())


def test_an_editable_install_copies_no_data(checkout: Path, tmp_path: Path) -> None:
    run("-c", f"import hatchling.build; hatchling.build.build_editable({str(tmp_path)!r})", cwd=checkout)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        copies = [name for name in archive.namelist() if name.endswith((".mech", ".lark"))]
    assert copies == []


@pytest.mark.parametrize("form", ["installed", "wheel"], ids=["installed", "zipped"])
def test_assets_are_found_outside_the_checkout(
    form: str, checkout: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue(form)
    # -I: no user site, no working directory; -S: no site-packages, so that only the package itself can answer.
    report = json.loads(run("-I", "-S", "-c", REPORT, str(place), cwd=tmp_path))
    assert report["file"].startswith(str(place))
    assert report["grammar"] == (checkout / "grammars/mech.lark").read_text(encoding="utf-8")
    assert dict(report["mechanisms"].values()) == {
        file.relative_to(checkout).as_posix(): file.read_text(encoding="utf-8")
        for file in (checkout / "mechanisms").rglob("*.mech")
    }


@pytest.mark.parametrize("form", ["installed", "wheel"], ids=["installed", "zipped"])
def test_pages_on_codes_are_found_outside_the_checkout(
    form: str, checkout: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from mscnet import codes; print(codes.page('E012'), end='')"
    shown = run("-I", "-S", "-c", code, str(request.getfixturevalue(form)), cwd=tmp_path)
    assert shown == (checkout / "docs/errors/E012.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["installed", "wheel"], ids=["installed", "zipped"])
def test_a_shipped_mechanism_loads_outside_the_checkout(
    form: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue(form)
    assert run("-I", "-c", SIMULATE, str(place), cwd=tmp_path).startswith(str(place))
