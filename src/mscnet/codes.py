"""Every code that a finding can have: what it stands for, and where its page is.

A code means one thing for good: its number is never given to another.  ``E…`` are errors, ``W…`` warnings, ``N…``
notes.  Each has a page of its own, ``docs/errors/CODE.md``, which ships with the package.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mscnet import assets


class Code(NamedTuple):
    """What a code stands for: a title of a few words, and one sentence."""

    title: str
    summary: str
    severity: str


_SEVERITIES = {"E": "error", "W": "warning", "N": "note"}


def _read(table: str) -> dict[str, Code]:
    """Codes with their titles, and below each, set in, its sentence."""
    found: dict[str, Code] = {}
    for entry in re.split(r"\n(?=\S)", table.strip()):
        head, *sentence = entry.split("\n")
        code, title = head.split(" ", 1)
        found[code] = Code(title, " ".join(line.strip() for line in sentence), _SEVERITIES[code[0]])
    return found


#: Every code, in the order of their numbers: errors, warnings, notes.
CODES = _read("""
E001 too many errors
    A text has so many errors that the rest of it was left unread.
E002 a statement that cannot be read
    A line does not have the form of any statement.
E003 a bracket without its partner
    A bracket, brace or block is opened and never closed, or closed and never opened.
E004 nested too deep
    Brackets, or an expression after its functions are put in, have more levels or terms than mscnet reads.
E005 a number out of range
    A number is too large, too small or too long to be calculated with.
E006 nothing to read
    A file has no statement: it is empty, or holds comments only; or a network of BioNetGen lacks its species or
    reactions.
E007 a file that cannot be read
    A file is not there, may not be read, or is no text in UTF-8.
E008 a file that is too large
    A file is larger than what mscnet reads.
E009 something in a place where it cannot stand, or there too often
    A part of a statement is given twice, or a statement stands in a block that cannot hold it.
E010 an unknown name
    A name is used that nothing declares.
E011 a name that is taken
    One name is given to two things, or something is set twice.
E012 an unknown unit
    Something stands where a unit belongs, and is none.
E013 a unit in a place where it cannot be read
    A unit, or a name, stands where it could be read in two ways or in none.
E014 a power of a unit written as a difference
    `mM-1` is read as mM minus 1.
E015 a definition in a circle
    A derived value, function or experiment is defined by itself.
E016 a name of the wrong kind
    A name stands for something else than what is needed in this place.
E017 wrong arguments
    A function, a feature or an entry of a block is not given what it takes.
E018 no finite number
    A calculation has no finite value: a division by zero, or an overflow.
E019 a formula that cannot be read
    The composition of a species is not a chemical formula, or contradicts the charge in its name.
E020 dimensions that do not fit
    A quantity does not have the dimension that is needed in its place.
E021 a coefficient that is not above zero
    A stoichiometric coefficient is zero or negative.
E022 mass action with a broken coefficient
    Mass action takes its orders from the coefficients, and one of them is not a whole number.
E023 too few or too many rate constants
    The number of constants after `@` (or laws after `rate`, or lists after `order`) is not that of the
    directions.
E024 a negative quantity
    Something is negative, or zero, that cannot be.
E025 a parameter that is an expression
    The value of a parameter holds a name.
E026 an empty range
    Bounds, a range or a deviation hold nothing.
E027 not a choice
    An option or a setting has a value that it cannot have.
E031 no such pathway
    A pathway is asked for that the mechanism does not have.
E032 mechanisms that cannot be put together
    Two mechanisms contradict each other, so they do not make one.
E040 a value is missing
    A calculation needs a number that nobody has given.
E041 an impossible value
    A quantity that was calculated, or given from outside, has a value that it cannot have.
E042 a rate law that is too large
    A rate law, with its derived values and functions put in, has more terms or levels than can be written out
    or compiled.
E043 times that make no sense
    The times of a run are contradictory, or too many.
E044 no such method
    A method of integration or simulation is asked for that there is not, or that needs what is not installed.
E045 a setting of a run that makes no sense
    An argument of a simulation, a steady state or a sensitivity is out of its range, or does not go with the
    others.
E046 a scan that cannot be done
    What a scan is to vary, or how often, makes no sense.
E047 a folder of a scan that does not fit
    The folder of a scan was begun with something else, or is damaged.
E048 molecules that cannot be counted
    A stochastic run cannot tell how many molecules there are, or how many a reaction changes.
E050 an unbalanced reaction
    The two sides of a reaction do not hold the same atoms.
E051 unbalanced charge
    The two sides of a reaction do not have the same charge.
E070 a band that lacks something
    A band of a spectrum is not described in full.
E071 a path that leads elsewhere
    The path of a data file or a spectrum leaves the folder of the mechanism.
E072 a fact about conditions that were not
    A fact speaks of conditions that its experiment does not have, or gives the wrong number of values.
E073 a fact that says nothing definite
    What is written in `expect` does not say what of what is meant, or nothing that could be true or false.
E074 a wavelength without a unit
    A place in a spectrum is a bare number.
E080 a reading without a name
    `measure` does not say what is read, or under which name.
E081 a protocol that is too long
    An experiment has more conditions, steps or readings than are done.
E082 a medium without a value
    A constant has values for some media, and none for another that the file has.
E083 a step that cannot be done as written
    A step of an experiment lacks something, or has something that it does not take.
E084 nothing is in the vessel
    A step works on a vessel that is still empty.
E085 a step that the bench cannot do
    A step asks for more than there is, when the experiment is performed.
E090 not there yet
    The text asks for something that the language describes and mscnet does not do yet.
E095 a fact that cannot be judged
    A fact was understood, but the experiments as they were done do not tell whether it holds.
E130 a data file that cannot be read
    A file of measured values is not there, may not be read, or is no table.
E131 a file without a table
    A file of data has no rows or columns that could be values.
E132 a cell that is no number
    A cell of a table cannot be read as a value.
E133 columns that cannot be told apart
    The headers or the form of a table do not say what is what.
E134 data that match no run
    Measured values belong to a condition or a reading that the run does not have.
E143 nothing to fit
    A fit has no data and no facts, or nothing that it may change, or a parameter lies outside its bounds.
E144 a fit that cannot be done as asked
    A setting of a fit makes no sense, or its folder holds another fit.
E145 a comparison, or a question to a fit, that makes no sense
    What is to be compared, sampled, profiled or predicted is not there, or was fitted to other data.
E146 a design that cannot be made
    There is no experiment to design from, nothing to vary or to measure, or the criterion does not go with what
    is given.
E147 reactions that cannot be enumerated
    Compositions and charge allow no reaction, or too many to be searched.
E148 a search that cannot be done as asked
    A search for reactions has nothing to explain, or a setting that makes no sense.
E149 data that cannot be decomposed
    A set of spectra has too few rows or columns, or too many holes.
E150 components that cannot be resolved
    More components are asked for than the data hold, or pyMCR is not installed.
E153 a parameter that cannot be local or linear
    A parameter is to be projected out, or to be local to experiments, and cannot be.
E154 no file of a fit
    A file of results is missing, damaged, or of another mechanism.
E155 kept samples or profiles of other work
    A file that is to hold samples, or how far a profile has come, holds something else.
E210 no such loop variable
    A name in the braces or brackets of a family is none of its loop variables.
E211 a loop variable that is taken
    Two loops of one family have the same variable.
E212 an index that cannot be calculated
    An index, a range or a condition of a family is no whole number, or is not known when the file is read.
E213 a family that is too large
    A family has more members than are made.
E214 one name for every member
    Each member of a family would declare the same name.
E215 the size of a family that cannot change
    A parameter says how many members a family has, and something would change it.
E220 an import that is not there
    The file or the mechanism of an import cannot be found or read.
E221 an import that leads elsewhere
    The path of an import leaves the folder of the mechanism.
E222 imports in a circle
    A file imports itself, over others or at once.
E223 too many imports
    Imports are too deep, too many, or too large together.
E224 an override that cannot be made
    An import gives a value to something that the file does not have, or that has none.
E225 an import whose units cannot be converted
    A name of an imported file has no dimension that is known, so its value cannot be converted to this file's
    units.
E226 an import that contradicts
    What an import brings in is declared here too, or in another import, or counts in other units.
E227 a pathway that cannot be derived
    A pathway that is made from others leaves out or changes what they do not have.
E229 a dot in a new name
    A name with a dot is declared.
E230 an energy that says too little or too much
    The energies of a species, or of a bond, lack a unit or a partner, or are one too many.
E231 an equilibrium constant where it sets nothing
    `K = …` stands where there is no constant of the other direction that it could be taken with.
E232 orders at which an equilibrium constant does not hold
    With the kinetic orders given, the two directions of a step do not balance where its equilibrium constant says.
E233 an equilibrium constant out of range
    An equilibrium constant comes out as zero, negative or infinite.
E240 an event that does nothing
    The block of an event is empty.
E241 an event that never comes
    The time or the condition of an event is none.
E242 what an event cannot change
    An event sets something that has no value of its own.
E243 events that cannot be scheduled
    Events come too often, or at times that are none.
E244 a table of an input that cannot be read
    The table of a time program has no times, no values, or is not there.
E250 a layout that would change the meaning
    `mscnet format` found that the text that it made means something else, and left the file alone.
E260 another language
    The text is written in another language for models.
E270 a compartment that does not exist
    A species is said to be in a compartment that the file does not declare.
E271 the size of a compartment
    The size of a compartment is no volume and no area, or it is not above zero.
E272 a species in two compartments
    The name of a species and the word `in` say different things.
E273 a species in no compartment
    The file has several compartments, and it does not say in which of them a species is.
E275 a volume beside compartments
    The file has compartments, and `option volume` too.
E276 a size that cannot follow from that
    The size of a compartment holds a species, or it follows from others and has bounds.
E277 a size that jumps
    The size of a compartment follows from others, and jumps.
E280 a fast step with a rate
    A step that is always at equilibrium has rate constants, a rate law or kinetic orders.
E281 a fast step without its constant
    A step that is always at equilibrium has no equilibrium constant.
E282 a fast step of one direction
    A step that is always at equilibrium has an arrow of one direction.
E283 what a fast step cannot hold
    Something stands in a fast step that an equilibrium has no use for.
E284 fast steps that contradict each other
    A fast step follows from others, and its constant is another than theirs give.
E285 a constant that a fast step cannot follow
    The equilibrium constant of a fast step depends on a concentration, or jumps in the course of a run.
E286 too many fast steps together
    More fast steps hang together by their species than can be solved for.
E287 fast steps among single molecules
    A stochastic simulation was asked for of a mechanism with fast steps.
E290 two that set the temperature at once
    An event sets the temperature of a vessel while a step of the experiment changes it.
E300 a pattern that cannot be
    A pattern names what its molecules do not have, a bond that has not two ends, or a species that is none.
E301 a molecule made, but not in full
    A rule makes a molecule and leaves a site, a state or a bond of it open.
E302 products that do not follow from the reactants
    What stands on the two sides of a rule does not say what happens to a molecule, a bond, a state or a compartment.
E303 an unknown molecule
    A pattern holds a molecule that the file does not declare, though it declares others.
E304 an unknown site or state
    A pattern names a site that the molecule does not have, or a state that the site cannot be in.
E305 a bond without its two ends
    The label of a bond stands at one site only, or at more than two, or at one site twice.
E306 a pattern that nothing can match
    A pattern asks of a molecule what no molecule of its kind has, such as more sites of one name.
E307 a species that is not whole
    What makes a species leaves open what a site is bound to, in which state it is, or how its molecules hang together.
E308 what a rule cannot hold
    A pattern, a rule or a declaration of a molecule holds something that has no place there.
E315 what a run without a network cannot do
    Network-free simulation was asked for of a model without rules, or of one with something that it does not know.
W040 no initial values
    A run starts with nothing: no species has an initial value.
W060 no reaction
    The file declares no reaction.
W061 a value outside its bounds
    The value of a parameter lies outside the bounds that it has itself.
W062 an unused parameter
    Nothing in the file uses a parameter.
W063 a reaction that changes nothing
    Both sides of a reaction are the same, or a rule leaves everything as it is.
W064 a reaction that is there twice
    Two reactions have the same reactants, products and orders, or two rules the same patterns.
W065 an idle species
    A species is declared, and nothing holds it.
W066 a negative rate constant
    A rate constant of mass action is below zero.
W067 a variable without values
    An experiment has a variable in brackets, and nothing gives it a value.
W070 a rate constant declared by use
    A rate constant was never declared; `check --strict` reports it.
W080 a line of a network that is passed over
    A network of BioNetGen holds a line that is no part of a network.
W130 a column that is nearly a reading
    A column of a data file is left out, and its name is nearly that of a reading.
W210 a family without members
    The range or the condition of a family leaves no member.
W211 a loop variable that is also a name
    A loop variable is called as something in the file is.
W212 a value that is looped over twice
    A loop goes over the same value twice.
W213 pairs that are counted twice
    A family of pairs holds each reaction twice.
W214 a member beyond the declared ones
    A family makes a species outside the range that was declared.
W215 an index below zero
    A family makes a member whose index is below zero.
W216 a loop variable that is also a unit
    A loop variable stands where a unit of its name could.
W220 pathways that are the same
    Two pathways are the same network, up to names.
W230 a loop without detailed balance
    The constants of reversible steps that together change nothing agree with no equilibrium.
W231 constants that disagree with energies
    The rate constants of a step, or its `K = …`, give another equilibrium constant than the energies of its species.
W232 a step of which only some species have energies
    A reversible step has species with energies and others without, so the energies say nothing of it.
W260 a whole rate law after `@`
    What stands after `@` holds the reactants, which `@` multiplies by anyway.
W300 a rule that can never apply
    Nothing that the rule needs is there at first, and no other rule makes it.
W301 an observable that matches nothing
    No species that the rules make has what the patterns of the observable ask for.
W302 a molecule that takes part in nothing
    A molecule is declared, and no rule, species or observable holds it.
W303 a site that looks like a phase
    `A(aq)` is a molecule with a site, and was most likely meant as a species in a phase.
W304 a species called as a molecule
    A name without brackets is a species of its own, beside the molecule with sites of that name.
W306 a line of a BNGL file that is passed over
    A BNGL file holds a line that is no part of it, or an option that is unknown.
W307 a model that is never ended
    A BNGL file begins its model and does not end it, so it may have been cut off.
W309 a network that does not end
    The rules make ever more species, and a bound of mscnet's own has ended the generation of their network.
W310 rules without anything to start from
    No species is there that the rules could be applied to, and none makes one of nothing.
N071 a name that is also a unit
    A name of the file stands where its unit could.
N072 a name that hides a unit or the time
    A declared name is spelled like a unit, or is `t` or `time`.
N073 light as a species
    `hv` in a reaction is a species, and is used up.
N130 a large data file was not read
    `check` reads data files up to a limit, and this one is beyond.
N131 columns are left out
    Columns of a data file are no readings of its experiment.
N230 an equilibrium constant without its unit
    A number alone stands for an equilibrium constant that has a unit, and is taken in that of the file.
N231 a loop whose balance is open
    Constants round a loop of reversible steps have no values yet; the note says what they must meet.
N232 too many steps to look for loops
    A network has more reversible steps than are looked at for loops, so detailed balance was not checked.
N300 an action that a plain run leaves out
    An action of a BNGL file changes nothing in a run, or stands behind the first one.
""")

#: Codes of what could as well be left out of the text.
UNNECESSARY = frozenset({"W062", "W063", "W064", "W065"})


def page(code: str) -> str:
    """The page on a code, in Markdown; raises KeyError for a code that there is not."""
    if code not in CODES:
        raise KeyError(code)
    return assets.place("errors").joinpath(f"{code}.md").read_text(encoding="utf-8")


def page_uri(code: str) -> str | None:
    """The address of the page on a code: that of the file on this machine; None where it is no file on disk."""
    from pathlib import Path

    if code not in CODES:
        return None
    place = assets.place("errors").joinpath(f"{code}.md")
    return place.resolve().as_uri() if isinstance(place, Path) and place.is_file() else None
