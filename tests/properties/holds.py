"""Runs a property over drawn examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy


def holds(property_: Callable[..., Any], examples: int, *strategies: SearchStrategy[Any]) -> None:
    """Fail with the smallest counterexample to `property_` that is found in so many examples."""
    settings(max_examples=examples)(given(*strategies)(property_))()
