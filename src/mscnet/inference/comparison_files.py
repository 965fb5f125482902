"""A comparison as plain data for JSON, and back."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from mscnet.diagnostics import MechanismError, suggest
from mscnet.inference.comparison import Amount, Comparison, FactMet, Ranked, Reached
from mscnet.inference.criteria import Counts, Criteria
from mscnet.inference.crossval import Fold
from mscnet.inference.deciding import Deciding
from mscnet.inference.nested import LikelihoodRatio
from mscnet.inference.result import FitResult
from mscnet.inference.result_files import load_fit
from mscnet.inference.runs_test import RunsTest
from mscnet.mechanism.mechanism import Mechanism

#: What the file says of itself.
FORMAT, VERSION = "mscnet comparison", 1
NAME = "compare.json"

Record = TypeVar("Record")


def as_data(comparison: Comparison) -> dict[str, Any]:
    """All of a comparison but its fits, as JSON knows it; what is not finite is null."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "criterion": comparison.criterion,
        "rows": _plain(comparison.rows),
        "ranked": [_record(each) for each in comparison.ranked],
        "deciding": [_record(each) | {"difference": _plain(each.difference)} for each in comparison.deciding],
        "likelihood_ratios": [_record(each) for each in comparison.ratios],
        "left_out": [_record(each) for each in comparison.folds],
        "failed": dict(comparison.failed),
        "verdict": list(comparison.verdict),
        "assumed": list(comparison.assumed),
        "provenance": _plain(dict(comparison.provenance)),
    }


def _record(record: Any) -> dict[str, Any]:
    return {each.name: _plain(getattr(record, each.name)) for each in fields(record)}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return _record(value) if hasattr(value, "__dataclass_fields__") else _plain(value.item())


def load_comparison(folder: str | os.PathLike[str]) -> Comparison:
    """Reads a comparison back from the folder (or the ``compare.json``) that it was saved in, without its fits.

    Raises:
        MechanismError: E154, the file is not there, or holds no comparison.
    """
    path = Path(folder)
    path = path / NAME if path.is_dir() else path
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MechanismError.of("E154", f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise MechanismError.of(
            "E154", f"{path} holds no comparison", hint="`mscnet compare FILE --out DIR` writes one"
        )
    if found.get("version") != VERSION:
        raise MechanismError.of(
            "E154", f"{path} is of version {found.get('version')!r}, and this mscnet reads {VERSION}"
        )
    try:
        return _comparison(found)
    except KeyError as error:
        message = f"{path} is no comparison as this mscnet writes them: it has no {error}"
        hint = "an older one wrote it, or it was edited: `mscnet compare FILE --out DIR` makes it anew"
        raise MechanismError.of("E154", message, hint=hint) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise MechanismError.of("E154", f"{path} holds no whole comparison: {type(error).__name__} {error}") from None


def load_fits(
    folder: str | os.PathLike[str], mechanism: Mechanism, names: Sequence[str] | None = None
) -> tuple[FitResult, FitResult]:
    """Two fits of a comparison in a folder, of the models `names`, else of its first two.

    Raises:
        MechanismError: E145, a name that is not there, or only one; E154 and what `load_fit` raises.
    """
    ranked = [each.pathway for each in load_comparison(folder).ranked]
    for name in names or ():
        if name not in ranked:
            hint = suggest(name, ranked) or "there are " + ", ".join(ranked)
            raise MechanismError.of("E145", f"{folder} holds no fit of `{name}`", hint=hint)
    wanted = list(names or ranked[:2])
    if len(wanted) < 2:
        raise MechanismError.of("E145", f"{folder} holds the fit of one model alone")
    first, second = (load_fit(Path(folder) / folder_name(name), mechanism) for name in wanted)
    return first, second


def _comparison(found: Mapping[str, Any]) -> Comparison:
    if found["criterion"] not in ("aicc", "bic"):
        raise ValueError("criterion")
    return Comparison(
        found["criterion"],
        tuple(_ranked(each) for each in found["ranked"]),
        tuple(_back(Deciding, each) for each in found["deciding"]),
        tuple(_back(LikelihoodRatio, each, keep_none=True) for each in found["likelihood_ratios"]),
        tuple(_back(Fold, each) for each in found["left_out"]),
        {str(name): str(why) for name, why in found["failed"].items()},
        tuple(str(text) for text in found["verdict"]),
        tuple(str(text) for text in found["assumed"]),
        provenance=dict(found["provenance"]),
    )


def _ranked(found: Mapping[str, Any]) -> Ranked:
    given = dict(found)
    criteria = dict(given["criteria"])
    criteria["counts"] = _back(Counts, criteria["counts"])
    given["criteria"] = _back(Criteria, criteria)
    given["reached"] = _back(Reached, given["reached"], keep_none=True)
    for name, kind in (("facts", FactMet), ("runs", RunsTest), ("amounts", Amount)):
        given[name] = tuple(_back(kind, each) for each in given[name])
    return _back(Ranked, given)


def _back(kind: type[Record], found: Mapping[str, Any], keep_none: bool = False) -> Record:
    """A record of its fields; null stands for what was not finite, lists for tuples."""
    values: dict[str, Any] = {}
    for each in fields(kind):  # type: ignore[arg-type]
        if each.name not in found and each.default is not MISSING:  # came later than the file
            values[each.name] = each.default
            continue
        value = found[each.name]
        value = math.nan if value is None and not keep_none else value
        values[each.name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def folder_name(name: str) -> str:
    """A model's folder: its name with letters, digits, dots, underscores and hyphens alone."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name).strip(".") or "model"
