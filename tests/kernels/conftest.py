"""Tests of the compiled kernels are skipped where there are none."""

from __future__ import annotations

import pytest

from mscnet import kernels
from tests.properties.conftest import effort as effort


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if kernels.core() is not None:
        return
    for item in items:
        if "/kernels/" in item.path.as_posix() and "optional" not in item.path.name:
            item.add_marker(pytest.mark.skip(reason=f"no compiled kernels: {kernels.reason()}"))
