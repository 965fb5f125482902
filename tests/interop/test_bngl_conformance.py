"""The reference models of BioNetGen: each is read, or refused by the name of what mscnet has not."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from mscnet import interop
from mscnet.diagnostics import UNSUPPORTED

FOLDER = Path(os.environ.get("MSCNET_CONFORMANCE", "/nowhere")) / "bng"
FILES = sorted(FOLDER.glob("bng_*.zip"))

pytestmark = pytest.mark.skipif(not FILES, reason="MSCNET_CONFORMANCE is not set, or has no models of BioNetGen")


def members() -> list[tuple[Path, str]]:
    return [(file, name) for file in FILES for name in zipfile.ZipFile(file).namelist() if name.endswith(".bngl")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("bng")
    for file in FILES:
        with zipfile.ZipFile(file) as archive:
            archive.extractall(where)
    return where


@pytest.mark.parametrize(("file", "name"), members(), ids=lambda value: str(value) if isinstance(value, str) else "")
def test_a_reference_model_is_read(file: Path, name: str, folder: Path) -> None:
    result = interop.check(folder / name)
    errors = [finding for finding in result.diagnostics if finding.severity == "error"]
    text = (folder / name).read_text(encoding="utf-8")
    if "readFile" in text:
        assert UNSUPPORTED in [error.code for error in errors]
    elif "Kiefhaber" in name:  # its molecules are not declared, and BioNetGen refuses it too
        assert {error.code for error in errors} == {"E303"}
    else:
        assert [(error.code, error.message) for error in errors] == []
        assert result.mechanism is not None
