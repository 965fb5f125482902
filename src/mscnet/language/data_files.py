"""`data`: which file has the measured values of an experiment, and what its columns are."""

from __future__ import annotations

from collections.abc import Iterable

from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations
from mscnet.language.lookup import Experiments, variables_of
from mscnet.language.paths import read_path
from mscnet.language.products import Stop
from mscnet.language.resolve import Resolver
from mscnet.language.scope import Reporter
from mscnet.language.syntax import Text, Word
from mscnet.language.syntax_facts import DataX, EntryX
from mscnet.mechanism.bench import DataFile, Experiment
from mscnet.mechanism.expression import Expression, Number, symbols

#: Formats that a file may be said to have; without one it is told by its content.
FORMATS = ("csv", "parquet", "cary", "ocean", "jcamp")
#: What a table may have beside readings and loop variables: a column of it, or one time for the whole file.
TIME_COLUMN = "time"


class DataReader:
    """Makes the data files of a mechanism."""

    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter, experiments: Experiments) -> None:
        self.found, self.resolver, self.report, self.experiments = found, resolver, report, experiments

    def read(self) -> Iterable[DataFile]:
        """The data files in the order of the text; one that is named twice is reported."""
        seen: dict[tuple[str, str], DataX] = {}
        for statement in self.found.seen:
            if statement.kind != "data" or statement.name is None:
                continue
            content: DataX = statement.content
            path, text = read_path(content.path, self.report), content.path
            form = self._format(content)
            try:
                experiment = self.experiments.find(statement.name)
            except Stop:
                continue
            key = (experiment.name, text.text)
            if key in seen:
                first = seen[key].path
                place = (("first named here", first.start, first.end),)
                self.report.error(
                    "E011", f"`{experiment.name}` has this file already", text.start, text.end, related=place
                )
                continue
            seen[key] = content
            if path is not None:
                yield self._file(content, experiment, path, form)

    def _format(self, content: DataX) -> str | None:
        word = content.format
        if word is not None and word.name not in FORMATS:
            hint = suggest(word.name, FORMATS, words=True) or "there are " + ", ".join(FORMATS)
            self.report.error("E027", f"unknown format `{word.name}`", word.start, word.end, hint)
        return word.name if word is not None else None

    def _file(self, content: DataX, experiment: Experiment, path: str, form: str | None) -> DataFile:
        columns: list[tuple[str, str]] = []
        selects: list[tuple[str, Expression]] = []
        error: Expression | None = None
        seen: dict[str, Word] = {}
        for entry in content.entries:
            name = entry.name.name
            if not self._is_known(entry, experiment, seen.get(name)):
                continue
            seen[name] = entry.name
            if isinstance(entry.value, Text):
                columns.append((entry.value.text, name))
            elif (value := self._value(entry)) is None:
                continue
            elif name == "error":
                error = value
            else:
                selects.append((name, value))
        return DataFile(
            experiment.name,
            path,
            tuple(columns),
            tuple(selects),
            error,
            form,
            self.report.span(content.path.start, content.path.end),
        )

    def _is_known(self, entry: EntryX, experiment: Experiment, first: Word | None) -> bool:
        word, variables = entry.name, variables_of(experiment)
        readings = tuple(self.experiments.readings(experiment))
        known = (*readings, *variables, TIME_COLUMN, "error")
        if entry.argument is not None:
            self.report.error("E017", f"`{word.name}` takes nothing in brackets here", word.start, word.end)
            return False
        if first is not None:
            place = (("first given here", first.start, first.end),)
            self.report.error("E011", f"`{word.name}` is given twice", word.start, word.end, None, place)
            return False
        if word.name not in known:
            message = f"`{experiment.name}` has no reading or loop variable `{word.name}`"
            hint = suggest(word.name, known) or "there are " + ", ".join(known)
            self.report.error("E010", message, word.start, word.end, hint)
            return False
        if isinstance(entry.value, Text) and word.name == "error":
            hint = "a column of errors is told by its header: `od371 error`"
            self.report.error("E017", "`error` is a number here", entry.value.start, entry.value.end, hint)
            return False
        if not isinstance(entry.value, Text) and word.name not in (*variables, TIME_COLUMN, "error"):
            hint = f'write the column\'s name in quotes: `{word.name} = "…"`'
            self.report.error("E017", f"`{word.name}` is a column", entry.value.start, entry.value.end, hint)
            return False
        return True

    def _value(self, entry: EntryX) -> Expression | None:
        assert not isinstance(entry.value, Text)
        value, node = self.resolver.resolve(entry.value, None), entry.value
        if value is None:
            return None
        varying = next((s for s in symbols(value) if s.kind in ("species", "time", "observable")), None)
        if varying is not None:
            message = f"`{entry.name.name}` may hold parameters and numbers only, not `{varying.name}`"
            self.report.error("E016", message, node.start, node.end)
            return None
        if entry.name.name == "error" and isinstance(value, Number) and value.value <= 0:
            self.report.error("E024", "an error of measurement is above zero", node.start, node.end)
        return value
