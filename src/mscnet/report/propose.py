"""Proposals as text for people, as files, and as an object for programs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from mscnet.inference.proposals import Proposal, Proposals, Standing, constant_unit
from mscnet.report.files import write_whole
from mscnet.report.text import table

#: What is written into a folder.
JSON_NAME, MECH_NAME = "proposals.json", "proposals.mech"
_METHODS = {"courses": "courses from known starts", "objective": "the objective of fits"}


def proposals_text(found: Proposals) -> str:
    """What was possible, the proposals in a table and as text for a file, and where the file's pathways stand."""
    parts = ["\n".join(_summary(found))]
    if found.proposals:
        parts.append(_table(found))
    if found.pathways:
        parts.append(_pathways(found))
    parts += [found.text(each) for each in found.proposals]
    return "\n\n".join(parts)


def _summary(found: Proposals) -> list[str]:
    candidates = found.candidates
    possible = f"{len(candidates.reactions)} reactions are possible among {len(candidates.species)} species"
    lines = [possible + (f", beside {_plural(len(found.base.reactions), 'kept one')}" if found.base.reactions else "")]
    if candidates.left_out:
        reasons: dict[str, list[str]] = {}
        for name, why in candidates.left_out:
            reasons.setdefault(why, []).append(name)
        lines += [f"left out ({why}): {', '.join(names)}" for why, names in reasons.items()]
    how = _METHODS.get(found.method, found.method)
    runs = f"{found.evaluations:,} evaluations, {found.seconds:.3g} s"
    lines.append(f"{_plural(found.fits, 'set')} fitted to {_plural(found.n_data, 'value')} by {how} ({runs})")
    if not found.proposals:
        lines.append("no set could be fitted")
    return lines


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _table(found: Proposals) -> str:
    best = found.proposals[0].score
    rows = []
    for each in found.proposals:
        head = [str(each.rank), f"{each.score - best:.2f}", f"{each.weight:.3f}", f"{each.rms:.3f}", f"{each.bic:.2f}"]
        notes = _notes(each)
        steps = [(r.equation, f"{k:.4g} {constant_unit(found.base, r.order)}")
                 for r, k in zip(each.reactions, each.constants, strict=True)] or [("no new step", "")]  # fmt: skip
        for i, (equation, constant) in enumerate(steps):
            rows.append([*(head if i == 0 else [" "] * 5), equation, constant or " ", (notes if i == 0 else "") or " "])
    difference = f"Δ{found.criterion.upper()}"
    headers = ("", difference, "weight", "rms", "BIC", "step", "constant", "")
    return table(headers, rows, right=(1, 2, 3, 4))


def _notes(each: Proposal) -> str:
    notes = [f"pathway {each.pathway}"] if each.pathway else []
    if not each.unaided:
        notes.append("not found unaided")
    if each.ties:
        notes.append("fits as well as " + ", ".join(map(str, each.ties)))
    return "; ".join(notes)


def _pathways(found: Proposals) -> str:
    rows = [
        [s.pathway, "" if s.rank is None else str(s.rank), "" if math.isnan(s.difference) else f"{s.difference:.2f}",
         "" if math.isnan(s.rms) else f"{s.rms:.3f}", _unaided(s), s.note]
        for s in found.pathways
    ]  # fmt: skip
    headers = ("pathway of the file", "rank", f"Δ{found.criterion.upper()}", "rms", "found unaided", "")
    return table(headers, rows, right=(1, 2, 3))


def _unaided(standing: Standing) -> str:
    """Whether the search found the set without being told it."""
    return "" if math.isnan(standing.rms) else "yes" if standing.unaided else "no"


def write_proposals(found: Proposals, folder: str | Path) -> tuple[str, ...]:
    """Writes the object and the pathways into a folder; the names of the files.

    Raises:
        OSError: the folder cannot be written to.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    text = json.dumps(proposals_data(found), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    blocks = "\n\n".join(found.text(each) for each in found.proposals) + "\n"
    for name, content in ((JSON_NAME, text), (MECH_NAME, blocks)):
        write_whole(Path(folder) / name, lambda path, content=content: path.write_text(content, encoding="utf-8"))  # type: ignore[misc]
    return JSON_NAME, MECH_NAME


def proposals_data(found: Proposals) -> dict[str, Any]:
    """What ``propose --json`` prints."""
    return {
        "mechanism": found.base.name, "criterion": found.criterion, "candidates": len(found.candidates.reactions),
        "left_out": [{"species": name, "reason": why} for name, why in found.candidates.left_out],
        "fits": found.fits, "evaluations": found.evaluations, "seconds": round(found.seconds, 3),
        "method": found.method, "data": found.n_data, "interrupted": found.interrupted, "finished": found.finished,
        "proposals": [_proposal(found, each) for each in found.proposals],
        "pathways": [
            {"pathway": s.pathway, "rank": s.rank, "difference": _finite(s.difference), "rms": _finite(s.rms),
             "note": s.note, "unaided": s.unaided}
            for s in found.pathways
        ],
    }  # fmt: skip


def _proposal(found: Proposals, one: Proposal) -> dict[str, Any]:
    return {
        "rank": one.rank, "score": one.score, "bic": one.bic, "aicc": _finite(one.aicc), "weight": one.weight,
        "log_likelihood": one.log_likelihood, "parameters": one.n_parameters, "rms": _finite(one.rms),
        "ties": list(one.ties), "pathway": one.pathway, "unaided": one.unaided, "values": dict(one.others),
        "reactions": [
            {"equation": r.equation, "constant": k, "unit": constant_unit(found.base, r.order)}
            for r, k in zip(one.reactions, one.constants, strict=True)
        ],
        "text": found.text(one),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
