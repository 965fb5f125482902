"""The pictures of the documentation are what the commands draw, and drawn the same every time."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def make_pictures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pictures", ROOT / "docs" / "make_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_picture_is_one_that_the_script_or_the_benchmarks_make(make_pictures: ModuleType) -> None:
    measured = {"performance_precision.png", "performance_scaling.png"}
    assert {path.name for path in make_pictures.FOLDER.iterdir() if path.suffix in (".png", ".svg")} == {
        *make_pictures.PICTURES,
        *measured,
    }


@pytest.mark.slow
def test_the_same_mechanism_gives_the_same_bytes(make_pictures: ModuleType, tmp_path: Path) -> None:
    drawn = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        assert make_pictures.draw("cdtese.png", folder) == 0
        drawn.append((folder / "cdtese.png").read_bytes())
    assert drawn[0] == drawn[1]
