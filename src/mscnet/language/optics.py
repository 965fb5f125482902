"""`band` and `instrument`: syntax to the data of `mechanism.optics`, and the dimensions of what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mscnet.diagnostics import suggest
from mscnet.language.declare import Declarations
from mscnet.language.dimensions import Dimensions, Form, Mismatch, add, form_of
from mscnet.language.paths import read_path
from mscnet.language.resolve import Resolver
from mscnet.language.scope import KIND_WORDS, Reporter, place_of
from mscnet.language.syntax import ExpressionX, SeenX, SettingX, Text, Word
from mscnet.language.syntax_facts import EntryX, ShapeX
from mscnet.mechanism.expression import Expression, Number, symbols
from mscnet.mechanism.optics import INSTRUMENT_SETTINGS, SHAPES, Band, Instrument, Shape
from mscnet.mechanism.units import AMOUNT, ENERGY, LENGTH, TIME

#: Settings on the scale of light, each a wavelength or an energy.
_LIGHT = frozenset({"center", "fwhm", "onset", "width", "shift", "resolution"})
#: What tells the energy of a photon: an energy, one per amount, a wavenumber, a frequency.
_ENERGIES = frozenset({ENERGY, ENERGY / AMOUNT, LENGTH**-1, TIME**-1})
_LENGTHS = frozenset({"path", "reference"})
#: Settings that are nothing unless they are above zero.
_POSITIVE = frozenset({"center", "fwhm", "onset", "width", "path", "reference", "resolution", "saturation", "skew"})
_NOT_NEGATIVE = frozenset({"epsilon", "fraction", "noise", "stray"})


class OpticsReader:
    """Makes the bands and the instrument of a file."""

    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report

    def bands(self) -> Iterable[Band]:
        """The bands in the order of the text, one for each species."""
        seen: dict[str, Word] = {}
        for statement in self.found.seen:
            word = statement.name
            if statement.kind != "band" or word is None or not self._is_species(word):
                continue
            if word.name in seen:
                first = seen[word.name]
                message = f"`{word.name}` has a band already"
                hint = "write all of its shapes into one block: they add up"
                self.report.error(
                    "E011", message, word.start, word.end, hint, (("first band here", first.start, first.end),)
                )
                continue
            seen[word.name] = word
            shapes = tuple(shape for node in statement.content if (shape := self._shape(node)) is not None)
            if not statement.content:
                hint = "write its shapes: `gaussian center = 371 nm, fwhm = 20 nm, epsilon = 4 /mM/cm`"
                self.report.error("E070", f"the band of `{word.name}` has no shape", word.start, word.end, hint)
            self._check_peak(statement.content)
            yield Band(word.name, shapes, self.report.span(word.start, word.end))

    def _is_species(self, word: Word) -> bool:
        entries = [self.found.scope.find(word.name, None), *(t.get(word.name) for t in self.found.scope.local.values())]
        kinds = [entry.kind for entry in entries if entry is not None]
        if "species" in kinds:
            return True
        if kinds:
            message = f"`{word.name}` is {KIND_WORDS[kinds[0]]}, not a species"
            first = next(entry for entry in entries if entry is not None)
            self.report.error("E016", message, word.start, word.end, None, place_of(first))
        else:
            hint = suggest(word.name, self.found.scope.names(None, ["species"]))
            self.report.error("E010", f"unknown species `{word.name}`", word.start, word.end, hint)
        return False

    def _check_peak(self, shapes: tuple[ShapeX, ...]) -> None:
        """A tail is a part of the peak of the other shapes."""
        tail = next((shape for shape in shapes if shape.kind.name == "tail"), None)
        if tail is not None and all(shape.kind.name == "tail" for shape in shapes):
            message = "a tail is a fraction of its band's peak, and this band has none"
            self.report.error("E070", message, tail.start, tail.end, "give it a `gaussian`, or another shape, as well")

    # --- shapes ---

    def _shape(self, node: ShapeX) -> Shape | None:
        kind = node.kind.name
        if kind not in SHAPES:
            hint = suggest(kind, SHAPES, words=True) or "there are " + ", ".join(SHAPES)
            self.report.error("E010", f"unknown shape `{kind}`", node.kind.start, node.kind.end, hint)
            return None
        required, optional = SHAPES[kind]
        path = self._path(node)
        named = [(s.name, s.value) for s in node.settings]
        settings = self._settings(named, (*required, *optional), f"`{kind}`")
        missing = [name for name in required if name not in {s.name.name for s in node.settings}]
        if missing:
            listed = ", ".join(f"`{name}`" for name in missing)
            self.report.error("E070", f"`{kind}` needs {listed}", node.start, node.end, _example(kind, node.settings))
        return Shape(kind, settings, path, self.report.span(node.start, node.end))

    def _path(self, node: ShapeX) -> str | None:
        kind = node.kind.name
        if kind == "spectrum" and node.path is None:
            hint = 'write `spectrum "msc.csv"`'
            self.report.error("E070", "`spectrum` needs the file that it is in", node.start, node.end, hint)
        elif kind != "spectrum" and node.path is not None:
            message = f"`{kind}` takes no file; a measured one is a `spectrum`"
            self.report.error("E070", message, node.path.start, node.path.end)
        return read_path(node.path, self.report) if node.path is not None else None

    def _settings(
        self, named: Iterable[tuple[Word, ExpressionX]], allowed: tuple[str, ...], owner: str
    ) -> tuple[tuple[str, Expression], ...]:
        made: dict[str, Expression] = {}
        seen: dict[str, Word] = {}
        for word, value in named:
            name = word.name
            if name not in allowed:
                hint = suggest(name, allowed, words=True) or "there are " + ", ".join(allowed)
                self.report.error("E010", f"{owner} has no setting `{name}`", word.start, word.end, hint)
            elif name in seen:
                place = (("first set here", seen[name].start, seen[name].end),)
                self.report.error("E011", f"`{name}` is set twice", word.start, word.end, None, place)
            elif (expression := self._value(name, value)) is not None:
                made[name] = expression
            seen.setdefault(name, word)
        return tuple(made.items())

    def _value(self, name: str, node: ExpressionX) -> Expression | None:
        expression = self.resolver.resolve(node, None)
        if expression is None:
            return None
        varying = next((s for s in symbols(expression) if s.kind in ("species", "time", "observable")), None)
        if varying is not None:
            message = f"`{name}` may hold parameters and numbers only, not `{varying.name}`"
            self.report.error("E016", message, node.start, node.end)
            return None
        if isinstance(expression, Number):
            if name in _POSITIVE and expression.value <= 0:
                self.report.error("E024", f"`{name}` must be above zero", node.start, node.end)
            elif name in _NOT_NEGATIVE and expression.value < 0:
                self.report.error("E024", f"`{name}` cannot be negative", node.start, node.end)
        return expression

    # --- the instrument ---

    def instrument(self) -> Instrument | None:
        """The file's instrument, None without one."""
        blocks: list[SeenX] = [s for s in self.found.seen if s.kind == "instrument"]
        for other in blocks[1:]:
            place = (("first described here", blocks[0].start, blocks[0].start + len("instrument")),)
            self.report.error(
                "E011", "a file has one instrument", other.start, other.start + len("instrument"), related=place
            )
        if not blocks:
            return None
        plain: list[tuple[Word, ExpressionX]] = []
        baselines: list[tuple[Expression, Expression]] = []
        for entry in blocks[0].content:
            if isinstance(entry.value, Text):
                self.report.error("E017", f"`{entry.name.name}` is a number", entry.value.start, entry.value.end)
            elif entry.argument is None:
                plain.append((entry.name, entry.value))
            else:
                baselines += self._baseline(entry, entry.argument, entry.value)
        settings = self._settings(plain, INSTRUMENT_SETTINGS, "the instrument")
        start = blocks[0].start
        return Instrument(settings, tuple(baselines), span=self.report.span(start, start + len("instrument")))

    def _baseline(
        self, entry: EntryX, argument: ExpressionX, value: ExpressionX
    ) -> list[tuple[Expression, Expression]]:
        if entry.name.name != "baseline":
            message = f"`{entry.name.name}` is the same at all wavelengths; only `baseline` may be given for one"
            self.report.error("E017", message, entry.name.start, entry.name.end)
            return []
        wavelength, height = self._value("center", argument), self._value("baseline", value)
        return [(wavelength, height)] if wavelength is not None and height is not None else []


def _example(kind: str, given: tuple[SettingX, ...]) -> str:
    values = {"center": "371 nm", "fwhm": "20 nm", "epsilon": "4 /mM/cm", "onset": "360 nm", "fraction": "0.6"}
    have = {setting.name.name for setting in given}
    missing = ", ".join(f"{name} = {values[name]}" for name in SHAPES[kind][0] if name not in have)
    return f"add `{missing}`" if have else f"write `{kind} {missing}`"


# --- dimensions --------------------------------------------------------------------------------


def check_optics(
    bands: tuple[Band, ...],
    instrument: Instrument | None,
    dimensions: Dimensions,
    of_species: Callable[[str, str | None], Form],
) -> None:
    """Hold every setting against the dimension that it has; parameters without a unit get theirs from it."""
    for band in bands:
        absorptivity = add(add({}, of_species(band.species, None), -1), form_of(LENGTH), -1)
        for shape in band.shapes:
            for name, value in shape.settings:
                _check_setting(name, value, absorptivity, dimensions, energy=True)
    if instrument is None:
        return
    for name, value in instrument.settings:
        _check_setting(name, value, {}, dimensions)
    for wavelength, height in instrument.baselines:
        require_length(wavelength, "a wavelength", dimensions)
        require(height, {}, "`baseline`", dimensions)


def _check_setting(
    name: str, value: Expression, absorptivity: Form, dimensions: Dimensions, energy: bool = False
) -> None:
    if name in _LIGHT:
        require_length(value, f"`{name}`", dimensions, energy)
    elif name in _LENGTHS:
        require_length(value, f"`{name}`", dimensions)
    elif name == "epsilon":
        require(value, absorptivity, "`epsilon` of this species", dimensions)
    else:
        require(value, form_of(TIME) if name == "time_zero" else {}, f"`{name}`", dimensions)


def require(value: Expression, wanted: Form, what: str, dimensions: Dimensions) -> None:
    """Report a value that is of another dimension."""
    form = dimensions.infer(value, None)
    if dimensions.complained:
        return
    try:
        dimensions.equate(form, wanted, value.span)
    except Mismatch as error:
        dimensions.complain(value, f"{what} is {dimensions.shown(error.second)}, not {dimensions.shown(error.first)}")


def require_length(value: Expression, what: str, dimensions: Dimensions, energy: bool = False) -> None:
    """Report a value that is no length (or energy), or that does not say in which unit: the file's own unit of length
    is seldom one that a wavelength is meant in."""
    form = dimensions.infer(value, None, bare_is_any=False)
    if dimensions.complained:
        return
    given = dimensions.dimension(form)
    if isinstance(value, Number) and value.dimension is None:
        given = None if value.value else LENGTH
    if given == LENGTH or (energy and given in _ENERGIES):
        return
    kinds = "a length or an energy" if energy else "a length"
    if given is None and value.span is not None:
        hint = "write its unit, as in `371 nm`" + (" or `3.34 eV`" if energy else "")
        dimensions.complained = True
        dimensions.report.at("E074", f"{what} is {kinds} and needs a unit", value.span, hint)
    elif given is not None:
        dimensions.complain(value, f"{what} is {kinds}, not {dimensions.shown(form_of(given))}")
