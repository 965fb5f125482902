"""What every test shares: Hypothesis profiles, a drawing back end without a screen, outside data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Shared machines are slow now and then: a slow example is no failure.  CI repeats the same examples on every run.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top-level folder of the checkout that the tests stand in."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The folder of third-party models and reference solutions that MSCNET_CONFORMANCE names; skips where unset."""
    folder = os.environ.get("MSCNET_CONFORMANCE")
    if not folder:
        pytest.skip("MSCNET_CONFORMANCE names no folder of conformance data")
    return Path(folder)
