"""`expect`: syntax to the data of `mechanism.facts`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from mscnet.checkpoint import checkpoint
from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations
from mscnet.language.fact_names import with_owners
from mscnet.language.fact_scope import FactResolver, feature_calls
from mscnet.language.lookup import Experiments, conditions_of, variables_of
from mscnet.language.products import Stop
from mscnet.language.scope import Reporter
from mscnet.language.shared_units import is_percent, share_unit
from mscnet.language.stocks import anywhere
from mscnet.language.syntax import BesideX, CallX, ComparisonX, ExpressionX, ProductX, SeenX, Text, Word, WordX
from mscnet.language.syntax_facts import DottedX, FactX, TolerancedX
from mscnet.mechanism.expression import Expression, Number
from mscnet.mechanism.facts import SIMILAR, Course, Fact, Window
from mscnet.records import replace

_COMMENT = re.compile(r"#[^\n]*")
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
#: What a call may say by itself, with how it is written.
_FORMS = {
    "linear": "linear(max(od399), v, r2 > 0.99)",
    "isosbestic": "isosbestic(380 nm ± 1 nm) over 5 min .. 60 min",
    "present": "present(od399, 0.03)",
    "absent": "absent(od399, 0.01)",
    "not_first_order": "not_first_order(od399), residual > 0.02",
    "rate_determining": "rate_determining(step3)",
}
_EXAMPLE = "facts are written as `max(od371) = 0.40 ± 0.01`, `max(od399) increases with v`, `never [A] > 1 uM` …"


class FactReader:
    """Makes the facts of a file."""

    def __init__(
        self,
        found: Declarations,
        report: Reporter,
        experiments: Experiments,
        with_bands: Iterable[str],
        steps: Iterable[str],
    ) -> None:
        self.found, self.report, self.experiments = found, report, experiments
        self.resolver = FactResolver(found.scope, found.system, report, experiments, frozenset(with_bands))
        self.steps = list(steps)
        self._names: dict[str, Word | Text] = {}

    def read(self) -> Iterable[Fact]:
        """The facts in the order of the text; what is wrong is reported and left out."""
        for statement in self.found.seen:
            checkpoint()
            if statement.kind == "expect":
                yield from self._block(statement)

    def _block(self, statement: SeenX) -> Iterable[Fact]:
        resolver = self.resolver
        resolver.block, resolver.block_arguments = None, ()
        if statement.name is not None:
            try:
                resolver.block, resolver.block_arguments = resolver.located(statement.name, statement.content.arguments)
            except Stop:
                return
        for node in statement.content.facts:
            if "." in self.report.source.text[node.start : node.end]:
                node = with_owners(node, self.experiments.knows, self._is_known)
            resolver.features = []
            try:
                yield _FactMaker(self, node).make()
            except Stop:
                continue

    def _is_known(self, name: str) -> bool:
        """Whether a dotted name is one from an import, or a step."""
        return anywhere(self.found.scope, name) is not None or name in self.steps

    def claim_name(self, item: Word | Text) -> str:
        """The name that a fact has of its own; one that is taken is reported."""
        name = item.text if isinstance(item, Text) else item.name
        if not name.strip():
            self.report.error("E073", "the name of a fact is empty", item.start, item.end)
        elif name in self._names:
            first = self._names[name]
            place = (("first given here", first.start, first.end),)
            self.report.error("E011", f"a fact is called `{name}` already", item.start, item.end, related=place)
        self._names.setdefault(name, item)
        return name


class _FactMaker:
    """Makes one fact."""

    def __init__(self, reader: FactReader, node: FactX) -> None:
        self.reader, self.node, self.resolver, self.report = reader, node, reader.resolver, reader.report
        self.system = reader.found.system

    def make(self) -> Fact:
        """The fact.

        Raises:
            Stop: it has an error, which is reported.
        """
        node, block = self.node, self.resolver.block
        makers: dict[str, Callable[[], Fact]] = {
            "similar": self._similar, "constant": self._steady, "independent": self._independent,
            "increases": self._trend, "decreases": self._trend, "never": self._ever, "always": self._ever,
            "stated": self._stated,
        }  # fmt: skip
        fact = makers.get(node.relation, self._relation)()
        clauses = self._clauses()
        features = tuple(replace(f, window=clauses.get("window")) for f in self.resolver.features)
        fact = replace(
            fact,
            text=self._text(),
            features=features,
            span=self.report.span(node.start, node.clauses[-1].end if node.clauses else node.end),
            **clauses,
        )
        if fact.experiment is None and block is not None:
            fact = replace(fact, experiment=block.name, arguments=self.resolver.block_arguments)
        self._check_count(fact)
        return fact

    def _text(self) -> str:
        """The claim and where it holds, as the text has them, on one line."""
        kept = [(self.node.start, self.node.end)]
        kept += [(c.start, c.end) for c in self.node.clauses if c.kind in ("over", "at")]
        source = self.report.source.text
        return " ".join(" ".join(_COMMENT.sub("", source[start:end]) for start, end in kept).split())

    def _fact(self, relation: Any, **parts: Any) -> Fact:
        return Fact("", relation, **parts)

    # --- clauses ---

    def _clauses(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for clause in self.node.clauses:
            kind = "window" if clause.kind in ("over", "at") else {"from": "source", "as": "name"}.get(clause.kind)
            kind = kind or clause.kind
            if kind in made:
                self.report.error("E009", f"this fact has its {kind} twice", clause.start, clause.end)
                continue
            match clause.items:
                case (Text() | Word() as item,):
                    made[kind] = self.reader.claim_name(item) if kind == "name" else item.text  # type: ignore[union-attr]
                case items if kind == "window":
                    made[kind] = self._window(items)  # type: ignore[arg-type]
                case (item,):
                    made[kind] = self._weight(item)  # type: ignore[arg-type]
        return made

    def _window(self, nodes: tuple[ExpressionX, ...]) -> Window:
        ends = self._shared(nodes)
        start, end = ends[0], ends[-1]
        if isinstance(start, Number) and isinstance(end, Number):
            if start.value < 0:
                raise self.resolver.fail("E073", "a measurement begins at 0", nodes[0])
            if len(nodes) == 2 and not start.value < end.value:
                raise self.resolver.fail("E073", "this window is empty: its end comes before its start", nodes[1])
        return Window(start, end)

    def _weight(self, node: ExpressionX) -> Expression:
        weight = self._numbers((node,))[0]
        if isinstance(weight, Number) and weight.value < 0:
            raise self.resolver.fail("E024", "a weight cannot be negative", node)
        return weight

    # --- numbers ---

    def _numbers(self, nodes: Iterable[ExpressionX]) -> tuple[Expression, ...]:
        """Expressions that hold no feature."""
        made = []
        for node in nodes:
            if feature_calls(node):
                raise self.resolver.fail("E073", "only a number may stand here, not a feature of a course", node)
            made.append(self.resolver.number(node))
        return tuple(made)

    def _shared(self, nodes: tuple[ExpressionX, ...]) -> tuple[Expression, ...]:
        return share_unit(nodes, self._numbers(nodes), self.system, self.report)

    def _with_tolerance(
        self, values: tuple[ExpressionX, ...], tolerance: ExpressionX | None
    ) -> tuple[tuple[Expression, ...], Expression | None, bool]:
        """Values, tolerance, and whether that is a share: in %, unless the values are in % themselves."""
        if tolerance is None:
            return self._shared(values), None, False
        relative = is_percent(tolerance) and not any(is_percent(value) for value in values)
        if relative or not values:
            made = self._numbers((tolerance,))[0]
            self._check_tolerance(made, tolerance)
            return self._shared(values), made, relative
        *shared, made = self._shared((*values, tolerance))
        self._check_tolerance(made, tolerance)
        return tuple(shared), made, False

    def _check_tolerance(self, value: Expression, node: ExpressionX) -> None:
        if isinstance(value, Number) and value.value <= 0:
            raise self.resolver.fail("E024", "a tolerance is above zero", node)

    # --- left sides ---

    def _sides(self, node: ExpressionX) -> tuple[Expression | None, tuple[Course, ...]]:
        """A number made of features, or else a course."""
        if feature_calls(node):
            return self.resolver.number(node), ()
        return None, (self.resolver.course(node),)

    def _featured(self, node: ExpressionX) -> Expression:
        if not feature_calls(node):
            text = self.report.source.text[node.start : node.end]
            hint = f"as in `max({text})`, `final({text})`, `at({text}, 30 min)`"
            raise self.resolver.fail("E073", f"which number of `{text}` is meant?", node, hint)
        return self.resolver.number(node)

    def _variable(self, word: Word) -> str:
        """The name of a loop variable of one of the experiments that the fact speaks of."""
        names = [feature.course.experiment for feature in self.resolver.features]
        experiments = [e for name in names if name is not None and (e := self.reader.experiments.get(name))]
        known = list(dict.fromkeys(v for e in experiments for v in variables_of(e)))
        if word.name not in known:
            hint = suggest(word.name, known) or ("loop variables are " + ", ".join(known) if known else None)
            raise self.resolver.fail("E010", f"no experiment here goes over `{word.name}`", word, hint)
        given = [f.course for f in self.resolver.features if f.course.arguments]
        if len(given) == len(names):
            hint = f"leave the values out, so that `{word.name}` takes each of its own"
            raise self.resolver.fail("E073", f"`{word.name}` is given here, so it does not change", word, hint)
        return word.name

    # --- relations ---

    def _relation(self) -> Fact:
        node, relation = self.node, self.node.relation
        left, values = node.left, node.values
        if not feature_calls(left) and len(values) == 1 and feature_calls(values[0]):
            left, values, relation = values[0], (left,), _TURNED[relation]
        if not feature_calls(left):
            return self._bound(relation, left, values)
        made = self.resolver.number(left)
        if len(values) == 1 and feature_calls(values[0]):
            right = self.resolver.number(values[0])
            _, tolerance, relative = self._with_tolerance((), node.tolerance)
            return self._fact(relation, left=made, right=right, tolerance=tolerance, relative=relative)
        numbers, tolerance, relative = self._with_tolerance(values, node.tolerance)
        return self._fact(relation, left=made, values=numbers, tolerance=tolerance, relative=relative)

    def _bound(self, relation: str, left: ExpressionX, values: tuple[ExpressionX, ...]) -> Fact:
        """``od371 < 0.5``: a bound on a whole course."""
        if relation == "=" or len(values) != 1:
            self._featured(left)
        courses = self._held_against(left, values[0])
        return self._fact("always", courses=courses, comparison=relation)

    def _held_against(self, left: ExpressionX, right: ExpressionX) -> tuple[Course, Course]:
        """Both sides of a bound, the right one in the same experiment where it does not name one."""
        course = self.resolver.course(left)
        return course, self.resolver.course(right, course)

    def _similar(self) -> Fact:
        left, right = self._featured(self.node.left), self._featured(self.node.values[0])
        _, tolerance, relative = self._with_tolerance((), self.node.tolerance)
        if tolerance is None:
            tolerance, relative = Number(SIMILAR), True
        return self._fact("=", left=left, right=right, tolerance=tolerance, relative=relative)

    def _steady(self) -> Fact:
        left, courses = self._sides(self.node.left)
        _, tolerance, relative = self._with_tolerance((), self.node.tolerance)
        return self._fact("constant", left=left, courses=courses, tolerance=tolerance, relative=relative)

    def _trend(self) -> Fact:
        word = self.node.variable
        if word is None:
            left, courses = self._sides(self.node.left)
            if left is not None:
                hint = f"write `{self.node.relation} with v`, a loop variable of the experiment"
                raise self.resolver.fail("E073", "with what?", self.node.left, hint)
            return self._fact(self.node.relation, courses=courses)
        left = self._featured(self.node.left)
        return self._fact(self.node.relation, left=left, variable=self._variable(word))

    def _independent(self) -> Fact:
        left, word = self._featured(self.node.left), self.node.variable
        assert word is not None
        _, tolerance, relative = self._with_tolerance((), self.node.tolerance)
        variable = self._variable(word)
        return self._fact("independent", left=left, variable=variable, tolerance=tolerance, relative=relative)

    def _ever(self) -> Fact:
        node = self.node.left
        assert isinstance(node, ComparisonX)
        courses = self._held_against(node.left, node.right)
        return self._fact(self.node.relation, courses=courses, comparison=node.operator)

    # --- what a call says ---

    def _stated(self) -> Fact:
        call = self.node.left
        stated: dict[str, Callable[[CallX], Fact]] = {
            "linear": self._linear, "isosbestic": self._isosbestic, "present": self._present, "absent": self._present,
            "not_first_order": self._not_first_order, "rate_determining": self._rate_determining,
        }  # fmt: skip
        if isinstance(call, ProductX) and any(isinstance(factor, BesideX) for factor in call.factors):
            word = next(factor for factor in call.factors if isinstance(factor, BesideX))
            hint = "verbs of facts are `increases`, `decreases`, `is constant`, `does not depend on`, `similar to`"
            raise self.resolver.fail("E073", f"`{word.name}` is no verb of facts", word, hint)
        if not isinstance(call, CallX) or call.function.name not in stated:
            text = self.report.source.text[call.start : call.end]
            raise self.resolver.fail("E073", f"`{text}` says nothing that could be true or false", call, _EXAMPLE)
        if self.node.values and call.function.name != "not_first_order":
            raise self.resolver.fail("E073", "nothing follows here", self.node.values[0], _EXAMPLE)
        return stated[call.function.name](call)

    def _refuse(self, call: CallX) -> Stop:
        name = call.function.name
        return self.resolver.fail("E017", f"this is not how `{name}` is written", call, f"write `{_FORMS[name]}`")

    def _threshold(self, node: ExpressionX, name: str, call: CallX) -> Expression:
        """The number in ``r2 > 0.99``."""
        if not (
            isinstance(node, ComparisonX)
            and node.operator in (">", ">=")
            and node.left == WordX(name, node.left.start, node.left.end)
        ):
            raise self._refuse(call)
        return self._numbers((node.right,))[0]

    def _linear(self, call: CallX) -> Fact:
        match call.arguments:
            case (left, WordX(name, start, end), *rest) if len(rest) < 2:
                made = self._featured(left)
                variable = self._variable(Word(name, start, end))
                values = tuple(self._threshold(node, "r2", call) for node in rest)
                return self._fact("linear", left=made, variable=variable, values=values)
        raise self._refuse(call)

    def _isosbestic(self, call: CallX) -> Fact:
        given: tuple[Any, ...] = call.arguments
        match given:
            case (TolerancedX(value, tolerance),):
                if self.resolver.block is None:
                    hint = "put it into `expect fig4 { … }`, with your experiment's name"
                    raise self.resolver.fail("E073", "isosbestic in which experiment?", call, hint)
                values, made, relative = self._with_tolerance((value,), tolerance)
                return self._fact("isosbestic", values=values, tolerance=made, relative=relative)
        raise self._refuse(call)

    def _present(self, call: CallX) -> Fact:
        if len(call.arguments) != 2:
            raise self._refuse(call)
        course = self.resolver.course(call.arguments[0])
        return self._fact(call.function.name, courses=(course,), values=self._numbers(call.arguments[1:]))

    def _not_first_order(self, call: CallX) -> Fact:
        rest = (*call.arguments[1:], *self.node.values)
        if not call.arguments or len(rest) > 1:
            raise self._refuse(call)
        course = self.resolver.course(call.arguments[0])
        residual = self._threshold(rest[0], "residual", call) if rest else None
        return self._fact("not_first_order", courses=(course,), tolerance=residual)

    def _rate_determining(self, call: CallX) -> Fact:
        given: tuple[Any, ...] = call.arguments
        match given:
            case (WordX(name, start, end),):
                if self.resolver.block is None:
                    hint = f"write `rate_determining(fig4.{name})`, with your experiment's name"
                    raise self.resolver.fail("E073", "in which experiment?", call, hint)
                return self._fact("rate_determining", variable=self._step(Word(name, start, end)))
            case (DottedX(owner, arguments, word, None),):
                experiment, values = self.resolver.located(owner, arguments)
                return self._fact(
                    "rate_determining", variable=self._step(word), experiment=experiment.name, arguments=values
                )
        raise self._refuse(call)

    def _step(self, word: Word) -> str:
        if word.name not in self.reader.steps:
            hint = suggest(word.name, self.reader.steps) or "give the reaction a label: `step1: A -> B`"
            raise self.resolver.fail("E010", f"no step is called `{word.name}`", word, hint)
        return word.name

    # --- counts ---

    def _check_count(self, fact: Fact) -> None:
        """One value, or one for each condition."""
        if len(fact.values) < 2:
            return
        courses = [feature.course for feature in fact.features]
        counts = {
            conditions_of(experiment, course.arguments)
            for course in courses
            if course.experiment is not None and (experiment := self.reader.experiments.get(course.experiment))
        }
        wanted = max(counts, default=len(fact.values))
        if len(fact.values) != wanted:
            given = f"{len(fact.values)} values for {wanted} condition{'s' if wanted != 1 else ''}"
            nodes = self.node.values
            hint = "give one value, or one for each condition"
            place = Word("", nodes[0].start, nodes[-1].end)
            raise self.resolver.fail("E072", f"{given} of `{courses[0].experiment}`", place, hint)
