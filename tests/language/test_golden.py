"""Golden cases: what a person reads about a text, word for word.

``MSCNET_UPDATE_GOLDEN=1 pytest tests/language/test_golden.py`` writes the expected files anew; read the
difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mscnet.language import check_bytes

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_findings_read_as_expected(case: str) -> None:
    folder = GOLDEN / case
    result = check_bytes((folder / "case.mech").read_bytes(), "case.mech")
    shown = "\n\n".join(finding.render() for finding in result.diagnostics) + "\n"
    expected = folder / "expected.txt"
    if os.environ.get("MSCNET_UPDATE_GOLDEN"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")
