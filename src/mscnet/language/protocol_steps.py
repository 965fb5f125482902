"""The steps of an experiment: which vessel each works on, how much of what, and what it takes beside that."""

from __future__ import annotations

from collections.abc import Callable

from mscnet.diagnostics import Span, declaring, suggest
from mscnet.language.protocol_context import Bench
from mscnet.language.protocol_portions import read_portions
from mscnet.language.protocol_readings import read_observe
from mscnet.language.scope import KIND_WORDS, Place, place_of
from mscnet.language.syntax import ExpressionX, Word, WordX
from mscnet.language.syntax_protocol import PortionX, PrepositionX, StepX
from mscnet.mechanism.bench import (
    DEFAULT_VESSEL,
    Add,
    DiluteTo,
    Discard,
    Equilibrate,
    Flow,
    Hold,
    Mix,
    Portion,
    Repeat,
    Set,
    Step,
    Take,
    Use,
)
from mscnet.mechanism.expression import Expression, exact_value
from mscnet.records import replace

#: The words that may follow what a step works on.
_CLAUSES = {
    "mix": ("in",),
    "add": ("over", "to", "in"),
    "flow": ("for", "out", "in"),
    "hold": ("at", "from", "to", "for"),
    "take": ("from", "into"),
    "discard": ("from",),
    "dilute": ("to", "with", "in"),
    "equilibrate": ("in",),
    "use": (),
    "measure": ("every", "for", "at", "after", "in", "from", "to"),
}
VERBS = (*_CLAUSES, "set", "with", "repeat")


class Wrong(Exception):
    """The step cannot be made; what is wrong has been reported."""


class StepReader:
    """Makes the steps of one experiment, in order, following which vessels there are."""

    def __init__(self, bench: Bench, vessels: dict[str, Word | None], begun: bool) -> None:
        self.bench, self.report = bench, bench.report
        self.vessels = dict(vessels)
        self.current = next(reversed(self.vessels), DEFAULT_VESSEL)
        #: Whether what stands in the vessels is not known here: the origin is wrong, or a first step was.
        self.lenient = (begun and not vessels) or bench.broken
        self.values: dict[str, Expression] = {}
        self._depth = 0

    def read(self, steps: tuple[StepX, ...]) -> tuple[Step, ...]:
        """The steps; what is wrong is reported and left out."""
        made: list[Step] = []
        for node in steps:
            try:
                made += self._step(node)
            except Wrong:
                self.lenient = self.lenient or node.verb.name not in VERBS
        return tuple(made)

    def _step(self, node: StepX) -> tuple[Step, ...]:
        verb = node.verb.name
        makers: dict[str, Callable[[StepX, dict[str, PrepositionX]], Step | tuple[Step, ...]]] = {
            "mix": self._mix, "add": self._add, "flow": self._flow, "hold": self._hold, "take": self._take,
            "discard": self._discard, "dilute": self._dilute, "equilibrate": self._equilibrate, "use": self._use,
            "measure": self._measure, "set": self._set, "with": self._with, "repeat": self._repeat,
        }  # fmt: skip
        if verb not in makers:
            hint = suggest(verb, VERBS, words=True) or "there are " + ", ".join(VERBS)
            raise self.fail("E010", f"`{verb}` is no step of an experiment", node.verb, hint)
        made = makers[verb](node, self._clauses(node))
        return made if isinstance(made, tuple) else (made,)

    def fail(
        self,
        code: str,
        message: str,
        node: ExpressionX | Word | StepX | PortionX,
        hint: str | None = None,
        related: tuple[Place, ...] = (),
    ) -> Wrong:
        self.report.error(code, message, node.start, node.end, hint, related)
        return Wrong()

    # --- clauses ---

    def _clauses(self, node: StepX) -> dict[str, PrepositionX]:
        verb, possible = node.verb.name, _CLAUSES.get(node.verb.name, ())
        found: dict[str, PrepositionX] = {}
        for clause in node.clauses:
            word = clause.word
            if word.name not in possible:
                hint = "it takes " + ", ".join(f"`{p} …`" for p in possible) if possible else None
                raise self.fail("E083", f"`{verb}` takes no `{word.name}`", word, hint)
            if word.name in found and (verb, word.name) != ("measure", "at"):
                first = found[word.name].word
                place = (("first given here", first.start, first.end),)
                raise self.fail("E009", f"`{verb}` has `{word.name}` twice", word, None, place)
            if len(clause.values) > 1 and (verb, word.name) != ("measure", "at"):
                raise self.fail("E083", f"`{word.name}` takes one quantity here", word)
            if (verb, word.name) != ("measure", "at") and clause.values[0].high is not None:
                raise self.fail("E083", f"`{word.name}` takes one quantity here, not a range", word)
            found.setdefault(word.name, clause)
        return found

    def _quantity(self, node: ExpressionX) -> Expression:
        expression = self.bench.quantity(node)
        if expression is None:
            raise Wrong
        return expression

    def _of(self, clauses: dict[str, PrepositionX], word: str) -> Expression | None:
        return self._quantity(clauses[word].values[0].low) if word in clauses else None

    def _named(self, clauses: dict[str, PrepositionX], *words: str) -> Word | None:
        """The vessel or bottle that a clause names."""
        for word in words:
            if word in clauses:
                node = clauses[word].values[0].low
                if not isinstance(node, WordX):
                    raise self.fail("E083", f"`{word}` is followed by a name here", node)
                return Word(node.name, node.start, node.end)
        return None

    # --- vessels ---

    def _vessel(self, word: Word | None, node: StepX, new: bool = False) -> str:
        """The vessel that a step works on from here on; with `new` it may be one that was not there before."""
        name = self.current if word is None else word.name
        if word is not None and name in self.bench.stocks:
            raise self.fail("E016", f"`{name}` is a bottle ({self.bench.stocks[name].kind}), not a vessel", word)
        if not new and name not in self.vessels and not self.lenient:
            raise self._no_vessel(word, node)
        self.vessels.pop(name, None)
        self.vessels[name] = word  # the last one is current
        self.current = name
        return name

    def _source(self, word: Word | None, node: StepX) -> str:
        name = self.current if word is None else word.name
        if name not in self.vessels and not self.lenient:
            raise self._no_vessel(word, node)
        return name

    def _no_vessel(self, word: Word | None, node: StepX) -> Wrong:
        if word is None:
            hint = "begin with `mix 1 mL … + 1 mL …`, or write `experiment … from another`"
            return self.fail("E084", "nothing is in the vessel yet", node.verb, hint)
        hint = suggest(word.name, self.vessels) or f"fill it first: `mix … in {word.name}`"
        return self.fail("E010", f"unknown vessel `{word.name}`", word, hint)

    # --- one step each ---

    def _mix(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        word = self._named(clauses, "in")
        try:
            portions = self._portions(node)
        finally:  # the vessel is there, whatever is wrong with what is put into it
            vessel = self._vessel(word, node, new=True)
        return Mix(portions, vessel, self._span(node))

    def _add(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        portions = self._portions(node)
        over = self._of(clauses, "over")
        return Add(portions, over, self._vessel(self._named(clauses, "to", "in"), node), self._span(node))

    def _flow(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        inlets = self._portions(node, flow=True)
        duration, outlet = self._of(clauses, "for"), self._of(clauses, "out")
        if duration is None:
            hint = "write `flow 0.1 mL/min A_stock for 10 min`"
            raise self.fail("E083", "`flow` needs a time", node.verb, hint)
        vessel = self._vessel(self._named(clauses, "in"), node, new=True)
        return Flow(inlets, duration, outlet, vessel, self._span(node))

    def _hold(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        duration = self._of(clauses, "for") if not node.portions else self._single(node)
        if duration is None:
            raise self.fail("E083", "`hold` needs a time", node.verb, "write `hold 10 min`")
        start, end = self._of(clauses, "from"), self._of(clauses, "to")
        if (start is None) != (end is None):
            word = clauses["to" if start is None else "from"].word
            raise self.fail("E083", "a ramp has two ends", word, "write `hold 10 min from 25 degC to 50 degC`")
        if start is not None and "at" in clauses:
            raise self.fail("E083", "`hold` takes a temperature or a ramp, not both", clauses["at"].word)
        return Hold(duration, self._of(clauses, "at") if start is None else start, end, self._span(node))

    def _take(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        source = self._source(self._named(clauses, "from"), node)
        into = self._named(clauses, "into") or Word(DEFAULT_VESSEL, node.start, node.end)
        vessel = self._vessel(into, node, new=True)
        volume = self._single(node)
        if volume is None:
            raise self.fail("E083", "`take` needs a volume", node.verb, "write `take 30 uL`")
        return Take(volume, source, vessel, self._span(node))

    def _discard(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        volume = self._single(node)
        return Discard(volume, self._vessel(self._named(clauses, "from"), node), self._span(node))

    def _dilute(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        form = "write `dilute to 10 mL with toluene`"
        if node.portions:
            raise self.fail("E083", "`dilute` goes to a volume", node.portions[0], form)
        volume, stock = self._of(clauses, "to"), self._named(clauses, "with")
        if volume is None or stock is None:
            raise self.fail("E083", "`dilute` needs a volume and what to fill up with", node.verb, form)
        if stock.name not in self.bench.stocks:
            hint = suggest(stock.name, self.bench.stocks) or declaring("solvent", stock.name)
            raise self.fail("E010", f"unknown bottle `{stock.name}`", stock, hint)
        return DiluteTo(volume, stock.name, self._vessel(self._named(clauses, "in"), node), self._span(node))

    def _equilibrate(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        word = self._name(node) if node.portions else self._named(clauses, "in")
        return Equilibrate(self._vessel(word, node), self._span(node))

    def _use(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        if not node.portions:
            raise self.fail("E083", "`use` needs a vessel", node.verb, "write `use flask`")
        return Use(self._vessel(self._name(node), node), self._span(node))

    def _measure(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        during = self._during(node, clauses) if node.steps else None
        if during is None:
            self._vessel(None, node)
        step = read_observe(node, clauses, self.bench)
        if step is None:
            raise Wrong
        return replace(step, during=during)

    def _during(self, node: StepX, clauses: dict[str, PrepositionX]) -> Add | Flow:
        """What goes on during a measurement, as long as that takes."""
        inner = node.steps[0]
        word = "over" if inner.verb.name == "add" else "for"
        if "for" not in clauses or "every" not in clauses:
            hint = "write `measure … every 1 min for 60 min while flow 0.1 mL/min feed out 0.1 mL/min`"
            raise self.fail("E083", "what goes on meanwhile needs `every … for …` before it", inner.verb, hint)
        for clause in (*node.clauses, *inner.clauses):
            mine = clause in inner.clauses
            if (mine and clause.word.name == word) or (not mine and clause.word.name in ("from", "to", "at")):
                hint = "it lasts as long as the measurement" if mine else "hold the vessel at it before"
                raise self.fail("E083", f"no `{clause.word.name}` beside `while`", clause.word, hint)
        asked = {**self._clauses(inner), word: clauses["for"]}
        step = self._add(inner, asked) if inner.verb.name == "add" else self._flow(inner, asked)
        assert isinstance(step, Add | Flow)
        return step

    def _set(self, node: StepX, clauses: dict[str, PrepositionX]) -> tuple[Step, ...]:
        return tuple(Set(name, value, self._span(node)) for name, value in self._assigned(node))

    def _with(self, node: StepX, clauses: dict[str, PrepositionX]) -> tuple[Step, ...]:
        if self._depth:
            raise self.fail("E083", "`with` holds for the whole experiment", node.verb, "write it before the steps")
        for name, value in self._assigned(node):
            if name == "temperature":
                hint = "write `set temperature = …` or `hold … at …`"
                raise self.fail("E083", "`with` changes parameters", node.verb, hint)
            if name in self.values:
                raise self.fail("E011", f"`{name}` is given twice", node)
            self.values[name] = value
        return ()

    def _assigned(self, node: StepX) -> list[tuple[str, Expression]]:
        given = []
        for content in node.contents:
            word = content.name
            self._settable(word)
            self.bench.resolver.itself = word.name
            expression = self.bench.quantity(content.value)
            self.bench.resolver.itself = None
            if expression is None:
                raise Wrong
            given.append((word.name, expression))
        return given

    def _settable(self, word: Word) -> None:
        entry = self.bench.entry(word.name)
        if word.name == "temperature" and entry is not None:
            return
        if entry is None:
            hint = suggest(word.name, self.bench.parameters) or declaring("parameter", word.name)
            raise self.fail("E010", f"unknown parameter `{word.name}`", word, hint)
        if word.name in self.bench.stocks and entry.kind == "parameter":
            raise self.fail("E016", f"`{word.name}` follows from what is in the vessel", word)
        if entry.kind != "parameter":
            message = f"`{word.name}` is {KIND_WORDS[entry.kind]}, not a parameter"
            raise self.fail("E016", message, word, None, place_of(entry))

    def _repeat(self, node: StepX, clauses: dict[str, PrepositionX]) -> Step:
        count = self._quantity(node.portions[0].quantity)  # type: ignore[arg-type]
        exact = exact_value(count, lambda _: None)
        if exact is not None and (exact.denominator != 1 or exact < 1):
            raise self.fail("E027", "`repeat` takes a whole number, 1 or more", node.portions[0])
        self._depth += 1
        steps = self.read(node.steps)
        self._depth -= 1
        return Repeat(count, steps, self._span(node))

    # --- what a step works on ---

    def _portions(self, node: StepX, flow: bool = False) -> tuple[Portion, ...]:
        if not node.portions:
            example = "0.1 mL/min A_stock" if flow else "1 mL toluene"
            raise self.fail("E083", f"`{node.verb.name}` what?", node.verb, f"write `{node.verb.name} {example}`")
        portions = read_portions(node.portions, self.bench, self.vessels, self.lenient, flow)
        if portions is None:
            raise Wrong
        return portions

    def _single(self, node: StepX) -> Expression | None:
        """The one quantity of a step that names nothing; None where there is none."""
        if not node.portions:
            return None
        first = node.portions[0]
        if len(node.portions) > 1 or first.quantity is None or first.of is not None:
            raise self.fail("E083", f"`{node.verb.name}` takes one quantity", node.portions[-1])
        return self._quantity(first.quantity)

    def _name(self, node: StepX) -> Word:
        quantity = node.portions[0].quantity
        if len(node.portions) > 1 or not isinstance(quantity, WordX) or node.portions[0].of is not None:
            raise self.fail("E083", f"`{node.verb.name}` takes the name of a vessel", node.portions[0])
        return Word(quantity.name, quantity.start, quantity.end)

    def _span(self, node: StepX) -> Span:
        return self.report.span(node.start, node.end)
