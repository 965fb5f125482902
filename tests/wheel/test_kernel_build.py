"""The kernels are compiled into wheels and editable installs where that is possible, and never in the way where not."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

KERNELS = Path("src/mscnet/kernels")
#: Loads the compiled module from the folder given and lists a function of it.
LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
from mscnet import kernels
print(kernels.reason() or kernels.core().__file__)
"""


@pytest.fixture
def tree(checkout: Path, tmp_path: Path) -> Path:
    """A copy of the checkout, as git would have it, without anything compiled."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=checkout, capture_output=True, text=True, check=True
    )
    copy = tmp_path / "tree"
    for name in filter(None, listed.stdout.split("\0")):
        file = copy / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if (checkout / name).is_file():
            file.write_bytes((checkout / name).read_bytes())
    return copy


@pytest.fixture
def compiler() -> None:
    """Skips where nothing can be compiled."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    words = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    works = subprocess.run([*words, "--version"], capture_output=True, check=False).returncode == 0
    if not (works and headers.exists()):
        pytest.skip("no C compiler, or no headers of Python")


def python(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """This interpreter run on `arguments`, with neither the checkout nor the caller's wishes about kernels."""
    dropped = ("PYTHONPATH", "MSCNET_BUILD_KERNELS", "MSCNET_KERNELS", "CFLAGS")
    environment = {key: value for key, value in os.environ.items() if key not in dropped}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def build(tree: Path, target: str, into: Path, **variables: str) -> Path:
    """The wheel or sdist that hatchling builds of `tree`; `target` is ``wheel``, ``editable`` or ``sdist``."""
    code = f"import hatchling.build; print(hatchling.build.build_{target}({str(into)!r}))"
    done = python("-c", code, cwd=tree, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return into / done.stdout.splitlines()[-1]


def compiled_modules(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.suffix in (".so", ".pyd", ".new"))


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.usefixtures("compiler")
def test_a_wheel_with_kernels_is_for_its_platform_and_every_later_python(tree: Path, tmp_path: Path) -> None:
    wheel = build(tree, "wheel", tmp_path, MSCNET_BUILD_KERNELS="require")
    assert wheel.name.split("-", 2)[2].startswith("cp311-abi3-")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    loaded = python("-I", "-c", LOAD, str(tmp_path / "site"), cwd=tmp_path).stdout.strip()
    assert Path(loaded).parent == tmp_path / "site/mscnet/kernels"


@pytest.mark.usefixtures("compiler")
def test_building_a_wheel_leaves_nothing_beside_the_sources(tree: Path, tmp_path: Path) -> None:
    before = sorted(tree.rglob("*"))
    build(tree, "wheel", tmp_path, MSCNET_BUILD_KERNELS="require")
    assert sorted(file for file in tree.rglob("*") if file.name != "__pycache__" and file.suffix != ".pyc") == before


@pytest.mark.parametrize(
    "variables",
    [{"CC": "/bin/false"}, {"CC": "/nowhere/cc"}, {"MSCNET_BUILD_KERNELS": "no"}],
    ids=["failing", "missing", "left out"],
)
def test_a_wheel_without_kernels_is_pure(tree: Path, tmp_path: Path, variables: dict[str, str]) -> None:
    wheel = build(tree, "wheel", tmp_path, **variables)
    assert wheel.name.endswith("-py3-none-any.whl")
    assert [name for name in names(wheel) if name.endswith((".so", ".pyd"))] == []


@pytest.mark.parametrize("wish", ["require", "perhaps"], ids=["required", "no such wish"])
def test_a_build_fails_where_kernels_are_required_or_the_wish_is_unknown(tree: Path, tmp_path: Path, wish: str) -> None:
    code = f"import hatchling.build; hatchling.build.build_wheel({str(tmp_path)!r})"
    done = python("-c", code, cwd=tree, CC="/bin/false", MSCNET_BUILD_KERNELS=wish)
    assert (done.returncode != 0, list(tmp_path.glob("*.whl"))) == (True, [])


@pytest.mark.usefixtures("compiler")
def test_c_that_does_not_compile_is_a_wheel_without_kernels(tree: Path, tmp_path: Path) -> None:
    (tree / KERNELS / "zzz.c").write_text("this is no C\n")
    assert build(tree, "wheel", tmp_path).name.endswith("-py3-none-any.whl")


@pytest.mark.usefixtures("compiler")
def test_an_editable_install_compiles_beside_the_sources(tree: Path, tmp_path: Path) -> None:
    build(tree, "editable", tmp_path, MSCNET_BUILD_KERNELS="require")
    loaded = python("-I", "-c", LOAD, str(tree / "src"), cwd=tmp_path).stdout.strip()
    assert [Path(loaded).name] == compiled_modules(tree / KERNELS)


@pytest.mark.usefixtures("compiler")
def test_an_editable_install_replaces_an_older_module(tree: Path, tmp_path: Path) -> None:
    for name in ("_core.abi3.so", "_core.cpython-310-x86_64-linux-gnu.so"):
        (tree / KERNELS / name).write_bytes(b"from other sources")
    build(tree, "editable", tmp_path, MSCNET_BUILD_KERNELS="require")
    (left,) = compiled_modules(tree / KERNELS)
    assert (tree / KERNELS / left).read_bytes() != b"from other sources"


@pytest.mark.parametrize("variables", [{"CC": "/bin/false"}, {"MSCNET_BUILD_KERNELS": "no"}], ids=["failing", "no"])
def test_no_older_module_survives_an_editable_install_without_kernels(
    tree: Path, tmp_path: Path, variables: dict[str, str]
) -> None:
    (tree / KERNELS / "_core.abi3.so").write_bytes(b"from other sources")
    build(tree, "editable", tmp_path, **variables)
    assert compiled_modules(tree / KERNELS) == []


def test_an_older_module_is_in_neither_the_sdist_nor_a_pure_wheel(tree: Path, tmp_path: Path) -> None:
    (tree / KERNELS / "_core.abi3.so").write_bytes(b"from other sources")
    wheel = build(tree, "wheel", tmp_path, MSCNET_BUILD_KERNELS="no")
    sdist = build(tree, "sdist", tmp_path)
    listed = subprocess.run(["tar", "-tzf", str(sdist)], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in names(wheel) + listed if "/_core." in name] == []


def test_the_sdist_holds_every_source_of_the_kernels(tree: Path, tmp_path: Path) -> None:
    sdist = build(tree, "sdist", tmp_path)
    listed = subprocess.run(["tar", "-tzf", str(sdist)], capture_output=True, text=True, check=True).stdout.split()
    held = {Path(name).name for name in listed if Path(name).suffix in (".c", ".h")}
    assert held == {file.name for file in (tree / KERNELS).iterdir() if file.suffix in (".c", ".h")} != set()
