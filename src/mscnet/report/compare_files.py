"""The files of a comparison: JSON, tables as CSV, pictures."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mscnet.inference.comparison import Comparison
from mscnet.inference.comparison_files import NAME, as_data, folder_name
from mscnet.report.files import write_whole


def save_comparison(comparison: Comparison, folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Writes ``compare.json``, ``comparison.csv``, ``deciding.csv``, ``facts.csv``, ``ranking.png`` and, where there
    are facts, ``facts.png``, and each fit's files into a folder of its name; gives the names of files and folders.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    from mscnet.report.compare_plots import plot_facts, plot_ranking
    from mscnet.report.plots import save_figure

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_data(comparison), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    write_whole(place / NAME, lambda path: _write_text(path, text))
    names = [NAME]
    for name, rows in _tables(comparison).items():
        write_whole(place / name, lambda path, rows=rows: _write_csv(path, rows))  # type: ignore[misc]
        names.append(name)
    save_figure(plot_ranking(comparison), place / "ranking.png")
    names.append("ranking.png")
    if any(each.facts for each in comparison.ranked):
        save_figure(plot_facts(comparison), place / "facts.png")
        names.append("facts.png")
    for name, fit in comparison.fits.items():
        fit.save(place / folder_name(name))
        names.append(f"{folder_name(name)}/")
    return tuple(names)


def _tables(comparison: Comparison) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    deciding = [
        {"against": row.against, "source": row.source, "condition": row.condition, "kind": row.kind,
         "best": row.best, "rival": row.rival, "difference": row.difference}
        for row in comparison.deciding
    ]  # fmt: skip
    facts = [
        {"pathway": ranked.pathway, "fact": fact.name, "experiment": fact.experiment, "passed": fact.passed,
         "trivial": fact.trivial, "margin": fact.margin, "finished": fact.finished}
        for ranked in comparison.ranked
        for fact in ranked.facts
    ]  # fmt: skip
    return {"comparison.csv": comparison.rows, "deciding.csv": deciding, "facts.csv": facts}


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    rows = list(rows)
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if rows:
            writer.writerow(rows[0])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)


def _cell(value: Any) -> Any:
    return "" if value is None else value
