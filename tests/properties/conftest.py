"""How hard the properties are tried: a few examples in every run, many with ``-m slow``."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[pytest.param(1, id="few"), pytest.param(50, id="many", marks=pytest.mark.slow)])
def effort(request: pytest.FixtureRequest) -> int:
    """What a property's number of examples is multiplied by."""
    factor: int = request.param
    return factor
