"""Golden cases: what a person reads about a text, word for word.

``MSCNET_UPDATE_GOLDEN=1 pytest tests/language/test_golden.py`` writes the expected files anew; read the
difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import mscnet

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_findings_read_as_expected(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = GOLDEN / case
    monkeypatch.chdir(folder)  # so that messages call the file by its name alone
    shown = "\n\n".join(finding.render() for finding in mscnet.check("case.mech").diagnostics) + "\n"
    expected = folder / "expected.txt"
    if os.environ.get("MSCNET_UPDATE_GOLDEN"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")
