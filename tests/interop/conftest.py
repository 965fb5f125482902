"""Networks as BioNetGen writes them, for the tests of its reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mscnet.diagnostics import Source
from mscnet.interop import read
from mscnet.language import CheckResult
from mscnet.mechanism.mechanism import Mechanism

#: A small network with each kind of block; sides with repeats, nothing, weights and a fixed species.
BINDING = """# Created by BioNetGen 2.9.3
begin parameters
    1 A0   10  # Constant
    2 kon  0.5  # Constant
    3 koff kon/4  # ConstantExpression
    4 _rateLaw1 0.5*kon  # ConstantExpression
end parameters
begin functions
    1 boost() if((free>2)&&(time()<100),kon,0)
end functions
begin species
    1 A(b) A0
    2 $B(a) 2*A0
    3 A(b!1).B(a!1) 0
    4 A(b!1).A(b!1) 0
end species
begin reactions
    1 1,2 3 kon #_R1
    2 3 1,2 koff #_reverse__R1
    3 1,1 4 _rateLaw1 #_R2
    4 4 0 2*koff #_R3
    5 0 1 0.25 #_R4
    6 4 1,1 boost #_R5
end reactions
begin groups
    1 free                 1
    2 total                1,3,2*4
    3 none
end groups
"""


def checked(text: str) -> CheckResult:
    """What reading a text as a network gives."""
    return read(Source("small.net", text))


def loaded(text: str) -> Mechanism:
    """The mechanism that a network without any finding is."""
    result = checked(text)
    assert result.diagnostics == ()
    assert result.mechanism is not None
    return result.mechanism


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a network to a file and gives its path."""

    def write(text: str) -> Path:
        path = tmp_path / "small.net"
        path.write_text(text, encoding="utf-8")
        return path

    return write
