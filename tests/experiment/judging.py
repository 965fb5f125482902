"""Runs made by hand from curves, and facts made in Python."""

from fractions import Fraction

import numpy as np

import mscnet
from mscnet.experiment.judge import judge
from mscnet.experiment.results import Condition, Measured, Run, Series, Stretch
from mscnet.mechanism.bench import Experiment, Loop, Observe, Reading
from mscnet.mechanism.expression import Number, Symbol
from mscnet.mechanism.facts import Course, Fact, Feature, Window
from mscnet.mechanism.optics import Band, Instrument
from mscnet.records import replace

MODEL = """units time = min, concentration = mM
species A = 1 mM
species B
species C
species D
A -> B @ 0.3 /min
C -> D @ k2
parameter k2 = 0.5 /min
"""
TIME = np.linspace(0.0, 60.0, 1201)


def number(value):
    return Number(Fraction(value).limit_denominator(10**12))


def reading(name="od"):
    return Symbol(name, "reading")


def species(name):
    return Symbol(name, "species")


def window(start, end):
    return Window(number(start), number(end))


def model(text=MODEL, noise=None, bands=("B",), **values):
    mechanism = mscnet.loads(text).with_values(values)
    settings = () if noise is None else (("noise", number(noise)),)
    made = tuple(Band(name, ()) for name in bands)
    return replace(mechanism, bands=made, instrument=Instrument(settings))


def experiment(name="e", values=(), variable="v", every=1.0, **known):
    loops = (Loop(variable, tuple(number(v) for v in values)),) if values else ()
    readings = (Reading("od", "absorbance", (number(1),)),)
    observe = Observe(readings, number(every), number(60))
    return Experiment(name, (observe,), (variable,) if values else (), loops, **known)


def condition(done, mechanism, curve, states=None, time=TIME, spectra=None, **values):
    """An experiment done once: `curve` (n_times,) is its reading ``od``, `states` its species by name."""
    names = [s.name for s in mechanism.species]
    table = np.zeros((len(time), len(names)))
    for name, course in (states or {}).items():
        table[:, names.index(name)] = course
    inputs = np.array([p.value for p in mechanism.parameters] + list(table[0]))
    stretch = Stretch("pot", time, table, np.ones(len(time)), inputs)
    measured = Measured(0.0, stretch, {"od": Series("od", time, curve)}, spectra or {})
    return Condition(done, values, (measured,), (stretch,), ())


def run_of(mechanism, *conditions):
    return Run(mechanism, conditions, {})


def loop_run(mechanism, heights, curve=None, name="e", variable="v"):
    """An experiment over v = 1, 2, …, whose readings are `curve` times each height."""
    values = [float(i + 1) for i in range(len(heights))]
    done = experiment(name, values, variable)
    shape = 1 - np.exp(-0.3 * TIME) if curve is None else curve
    made = [condition(done, mechanism, h * shape, **{variable: v}) for h, v in zip(heights, values, strict=True)]
    return run_of(mechanism, *made)


def feature(name, expression=None, *arguments, experiment=None, at=(), relative=False, window=None):
    course = Course(expression or reading(), experiment, tuple(number(a) for a in at))
    return Feature(name, course, tuple(number(a) for a in arguments), relative, window)


def fact(relation, *features, values=(), tolerance=None, experiment="e", compared=False, **known):
    """A fact on the first feature; with `compared` against the second."""
    left = Symbol("0", "feature") if features else None
    right = Symbol("1", "feature") if compared else None
    limits = None if tolerance is None else number(tolerance)
    return Fact(
        known.pop("text", relation), relation, experiment, features=features, left=left, right=right,
        values=tuple(number(v) for v in values), tolerance=limits, **known,
    )  # fmt: skip


def course_fact(relation, expression=None, values=(), tolerance=None, experiment="e", **known):
    """A fact on a whole course."""
    limits = None if tolerance is None else number(tolerance)
    return Fact(
        relation, relation, experiment, courses=(Course(expression or reading()),),
        values=tuple(number(v) for v in values), tolerance=limits, **known,
    )  # fmt: skip


def verdicts(mechanism, run, *facts):
    return judge(mechanism, facts, run)


def verdict(run, one):
    (found,) = judge(run.model, [one], run)
    return found
