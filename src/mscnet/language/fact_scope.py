"""Names and calls in facts: features of courses, and the courses that they are features of."""

from __future__ import annotations

from mscnet.diagnostics import suggest
from mscnet.language.lookup import Experiments, loop_values, variables_of
from mscnet.language.products import Stop
from mscnet.language.resolve import Resolver
from mscnet.language.scope import KIND_WORDS, Entry, Reporter, Scope
from mscnet.language.shared_units import is_percent, parts_of
from mscnet.language.syntax import CallX, ExpressionX, Word, WordX
from mscnet.language.syntax_facts import DottedX, TolerancedX
from mscnet.mechanism.bench import Experiment
from mscnet.mechanism.expression import FUNCTIONS, Comparison, Expression, Number, Symbol
from mscnet.mechanism.facts import FEATURES, BandReading, Course, Feature
from mscnet.mechanism.units import UnitSystem

#: Kinds of names that make a course.
_COURSES = ("species", "observable")


def feature_calls(node: ExpressionX) -> bool:
    """Whether an expression holds a feature, such as ``max(od371)``; ``max(a, b)`` is the larger of two."""
    return any(isinstance(part, CallX) and is_feature(part) for part in parts_of(node))


def is_feature(call: CallX) -> bool:
    name = call.function.name
    return name in FEATURES and (name not in FUNCTIONS or len(call.arguments) == 1)


class FactResolver(Resolver):
    """Reads the expressions of one ``expect`` block.

    Outside a feature they are numbers, parameters, loop variables and features; inside they are courses.
    """

    def __init__(
        self,
        scope: Scope,
        system: UnitSystem,
        report: Reporter,
        experiments: Experiments,
        with_bands: frozenset[str],
    ) -> None:
        super().__init__(scope, system, report)
        self.experiments, self.with_bands = experiments, with_bands
        self.block: Experiment | None = None
        self.block_arguments: tuple[Expression, ...] = ()
        self.features: list[Feature] = []
        self._inside: Experiment | None = None
        self._in_course = self._of_spectra = False
        self._bands: list[BandReading] = []

    # --- the three ways to read a node ---

    def number(self, node: ExpressionX) -> Expression:
        """An expression of numbers, parameters, loop variables and features.

        Raises:
            Stop: it has an error, which is reported.
        """
        self._begin(node)
        value = self.expression(node)
        if isinstance(value, Comparison):
            raise self.fail("E017", "a comparison has no place here", node)
        return value

    def course(self, node: ExpressionX, beside: Course | None = None) -> Course:
        """A course over time; one that does not name its experiment is of that of the course `beside` it.

        Raises:
            Stop: it has an error, which is reported.
        """
        self._begin(node)
        outer = self.block, self.block_arguments
        if beside is not None and beside.experiment is not None:
            self.block, self.block_arguments = self.experiments.get(beside.experiment), beside.arguments
        try:
            made = self._course(node)
        finally:
            self.block, self.block_arguments = outer
        if beside is not None and (made.experiment, made.arguments) != (beside.experiment, beside.arguments):
            hint = "compare a number of each: `final(a.x) < final(b.x)`"
            raise self.fail("E073", "one course cannot be held against one of another experiment", node, hint)
        return made

    def located(self, name: Word, arguments: tuple[ExpressionX, ...]) -> tuple[Experiment, tuple[Expression, ...]]:
        """An experiment that stands by itself, and the values that its parameters are given.

        Raises:
            Stop: it has an error, which is reported unless known already.
        """
        self._begin(arguments[0] if arguments else None)
        return self.experiment(name, arguments)

    def _begin(self, node: ExpressionX | None) -> None:
        self.pathway, self.by_use, self._nodes, self._level = None, False, 0, 0
        self.arguments, self._active, self._root, self._expanded = {}, [], node, False
        self._in_course, self._inside = False, None

    def _course(self, node: ExpressionX, spectra: bool = False) -> Course:
        experiment, arguments = self._owner(node)
        outer = self._in_course, self._inside, self._bands, self._of_spectra
        self._in_course, self._inside, self._bands, self._of_spectra = True, experiment, [], spectra
        try:
            expression = self.expression(node)
            if isinstance(expression, Comparison):
                raise self.fail("E017", "a comparison has no place here", node)
            span = self.report.span(node.start, node.end)
            return Course(expression, experiment.name, arguments, tuple(self._bands), span)
        finally:
            self._in_course, self._inside, self._bands, self._of_spectra = outer

    # --- which experiment ---

    def _owner(self, node: ExpressionX) -> tuple[Experiment, tuple[Expression, ...]]:
        """The experiment that a course is of, with values of its parameters."""
        dotted = [part for part in parts_of(node) if isinstance(part, DottedX)]
        if not dotted:
            if self.block is None:
                text = self.source.text[node.start : node.end]
                hint = f"write `fig4.{text}`, or put the fact into `expect fig4 {{ … }}`, with your experiment's name"
                raise self.fail("E073", f"`{text}` does not say of which experiment it is", node, hint)
            return self.block, self.block_arguments
        text = self.source.text
        first = dotted[0]
        for other in dotted[1:]:
            if _owner_text(other, text) != _owner_text(first, text):
                hint = "compare a number of each: `final(a.x) < final(b.x)`"
                place = Word("", other.start, other.end)
                raise self.fail("E073", "one course cannot be of two experiments", place, hint)
        return self.experiment(first.owner, first.arguments)

    def experiment(self, name: Word, nodes: tuple[ExpressionX, ...]) -> tuple[Experiment, tuple[Expression, ...]]:
        """The experiment of a name, and the values that its parameters are given.

        Raises:
            Stop: there is no such experiment, or the values do not fit it; reported unless known already.
        """
        experiment = self.experiments.find(name)
        wanted = experiment.parameters
        if nodes and len(nodes) != len(wanted):
            shown = f"`{experiment.name}` takes {len(wanted)} value(s), {len(nodes)} given"
            hint = f"its parameters are {', '.join(wanted)}" if wanted else f"write `{experiment.name}` alone"
            raise self.fail("E017", shown, Word(name.name, nodes[0].start, nodes[-1].end), hint)
        looped = {loop.variable for loop in experiment.loops}
        open_ones = [parameter for parameter in wanted if parameter not in looped]
        if not nodes and open_ones:
            hint = f"write `{experiment.name}({', '.join(wanted)})` with values"
            raise self.fail("E073", f"`{experiment.name}` needs a value of {', '.join(open_ones)}", name, hint)
        values = tuple(self._plain(node) for node in nodes)
        for parameter, node, value in zip(wanted, nodes, values, strict=False):
            self._check_loop(experiment, parameter, node, value)
        return experiment, values

    def _plain(self, node: ExpressionX) -> Expression:
        """A number inside of a course or before one: a value of a loop variable, a wavelength."""
        if feature_calls(node):
            raise self.fail("E073", "only a number may stand here, not a feature of a course", node)
        in_course, self._in_course = self._in_course, False
        try:
            return self.expression(node)
        finally:
            self._in_course = in_course

    def _check_loop(self, experiment: Experiment, parameter: str, node: ExpressionX, value: Expression) -> None:
        """A value that a loop does not take makes no condition."""
        known = loop_values(experiment, parameter)
        loop = next((loop for loop in experiment.loops if loop.variable == parameter), None)
        if known is None or loop is None or not isinstance(value, Number) or value.value in known:
            return
        if value.dimension != getattr(loop.values[0], "dimension", None):
            return  # which the check of dimensions says
        spans = [v.span.text for v in loop.values if v.span is not None]
        listed = f"`{parameter}` goes over {', '.join(spans)}" if len(spans) == len(known) else None
        shown = self.source.text[node.start : node.end]
        raise self.fail("E072", f"`{experiment.name}` was not done with {parameter} = {shown}", node, listed)

    # --- names ---

    def _name(self, name: str, start: int, end: int, node: ExpressionX) -> Expression:
        if name in self.arguments:
            return super()._name(name, start, end, node)
        if self._in_course:
            return self._course_name(Word(name, start, end))
        span = self.report.span(start, end)
        if self.block is not None and name in variables_of(self.block):
            return Symbol(name, "loop", span)
        entry = self._entry(name)
        is_reading = self.block is not None and name in self.experiments.readings(self.block)
        if is_reading or (entry is not None and entry.kind in _COURSES):
            raise self._is_course(node)
        if entry is None:
            raise self._unknown_name(Word(name, start, end), ["parameter", "definition"])
        return self._symbol(name, entry, start, end, node)

    def _course_name(self, word: Word) -> Expression:
        """A reading of the experiment, else a loop variable, else a species, observable or derived value."""
        experiment, span = self._inside, self.report.span(word.start, word.end)
        assert experiment is not None
        reading = self.experiments.readings(experiment).get(word.name)
        if reading is not None:
            if (reading.kind == "spectrum") != self._of_spectra:
                what = "whole spectra, not a series" if reading.kind == "spectrum" else "a series, not whole spectra"
                hint = "measure an absorbance at one wavelength" if reading.kind == "spectrum" else None
                raise self.fail("E016", f"`{word.name}` is {what}", word, hint)
            return Symbol(word.name, "reading", span)
        if word.name in variables_of(experiment):
            return Symbol(word.name, "loop", span)
        entry = self._entry(word.name)
        if entry is None:
            raise self._unknown_name(word, None)
        return self._symbol(word.name, entry, word.start, word.end, WordX(*word))

    def _entry(self, name: str) -> Entry | None:
        """What a name stands for; one of a pathway's own counts, since facts hold for every pathway."""
        entry = self.scope.find(name, None)
        return entry or next((table[name] for table in self.scope.local.values() if name in table), None)

    def _unknown_name(self, word: Word, kinds: list[str] | None) -> Stop:
        known = list(self.scope.names(None, kinds))
        experiment = self._inside if self._in_course else self.block
        if experiment is not None:
            known += [*variables_of(experiment), *(self.experiments.readings(experiment) if self._in_course else ())]
        hint = suggest(word.name, known)
        if word.name in ("t", "time"):
            return self.fail("E010", "the time has no name in facts", word, "write a window: `over 5 min .. 60 min`")
        if self._in_course and experiment is not None:
            message = f"`{experiment.name}` measures no `{word.name}`, and no species or observable is called so"
            readings = ", ".join(self.experiments.readings(experiment))
            return self.fail("E010", message, word, hint or (f"it measures {readings}" if readings else None))
        return self.fail("E010", f"unknown name `{word.name}`", word, hint)

    def _is_course(self, node: ExpressionX) -> Stop:
        text = self.source.text[node.start : node.end]
        hint = f"as in `max({text})`, `final({text})`, `at({text}, 30 min)`"
        return self.fail("E073", f"`{text}` is a course over time: say which number of it is meant", node, hint)

    def _by_type(self, node: ExpressionX) -> Expression:
        if isinstance(node, DottedX):
            if not self._in_course:
                raise self._is_course(node)
            return self._course_name(node.name) if node.call is None else self._call(node.call)
        if isinstance(node, TolerancedX):
            raise self.fail("E017", "a value with ± has no place here", node)
        return super()._by_type(node)

    def _concentration(self, node: object) -> Expression:
        if not self._in_course:
            raise self._is_course(node)  # type: ignore[arg-type]
        return super()._concentration(node)  # type: ignore[arg-type]

    # --- calls ---

    def _call(self, node: CallX) -> Expression:
        name = node.function.name
        if self._entry(name) is None:
            if is_feature(node):
                return self._feature(node)
            if name == "band":
                if not self._in_course:
                    raise self._is_course(node)
                return self._band(node)
        return super()._call(node)

    def _feature(self, node: CallX) -> Expression:
        name, span = node.function.name, self.report.span(node.start, node.end)
        if self._in_course:
            raise self.fail("E073", f"`{name}` is a number; it has no course of its own", node)
        low, high = FEATURES[name]
        given = len(node.arguments) - 1
        if not low <= given <= high or (name == "slope" and given == 1):
            wanted = str(low) if low == high else f"{low} or {high}"
            raise self.fail("E017", f"`{name}` takes a course and {wanted} more, {given} given", node)
        for part in parts_of(node.arguments[0]):
            if isinstance(part, CallX) and is_feature(part) and self._entry(part.function.name) is None:
                raise self.fail("E073", f"`{part.function.name}` is a number; it has no course of its own", part)
        course = self._course(node.arguments[0], spectra=name == "isosbestic")
        arguments = tuple(self.expression(argument) for argument in node.arguments[1:])
        relative = any(is_percent(argument) for argument in node.arguments[1:])
        self.features.append(Feature(name, course, arguments, relative, None, span))
        return Symbol(str(len(self.features) - 1), "feature", span)

    def _band(self, node: CallX) -> Expression:
        """``band(CdTe_MSC371, 371 nm)``: the absorbance of one species."""
        if len(node.arguments) != 2 or not isinstance(node.arguments[0], WordX):
            hint = "`band(CdTe_MSC371, 371 nm)`"
            raise self.fail("E017", "`band` takes a species and a wavelength", node, hint)
        word = node.arguments[0]
        entry = self._entry(word.name)
        if entry is None:
            near = suggest(word.name, self.scope.names(None, ["species"]))
            raise self.fail("E010", f"unknown species `{word.name}`", word, near)
        if entry.kind != "species":
            raise self.fail("E016", f"`{word.name}` is {KIND_WORDS[entry.kind]}, not a species", word)
        if word.name not in self.with_bands:
            near = suggest(word.name, self.with_bands) or f"describe it: `band {word.name} {{ … }}`"
            raise self.fail("E010", f"`{word.name}` has no band", word, near)
        wavelength = self._plain(node.arguments[1])
        span = self.report.span(node.start, node.end)
        name = " ".join(span.text.split())
        if name not in {band.name for band in self._bands}:
            self._bands.append(BandReading(name, word.name, wavelength, span))
        return Symbol(name, "reading", span)


def _owner_text(node: DottedX, text: str) -> str:
    return "".join(text[node.start : node.name.start].split())
