"""What the law of a rule may hold beside names: how often an observable counts in what a label stands for, and the
concentration of a reactant."""

from __future__ import annotations

from mscnet.language.resolve import Resolver
from mscnet.language.syntax import BracketX, CallX
from mscnet.mechanism.expression import Expression, Symbol


def local_count(resolver: Resolver, node: CallX) -> Expression:
    """``Bound(x)``: a symbol of kind ``local``; in a function, of its argument.

    Raises:
        Stop: it is not called with one label.
    """
    name = node.function.name
    hint = f"its argument is a label of the rule: `%x:A(b) -> A(b) @ k*{name}(x)`"
    if len(node.arguments) != 1:
        raise resolver.fail("E017", f"`{name}` takes 1 argument, {len(node.arguments)} given", node, hint)
    if resolver.rule is None and not resolver.in_function:
        message = f"`{name}` is an observable, which counts in what a label stands for in the law of a rule alone"
        raise resolver.fail("E016", message, node, hint)
    label = resolver.expression(node.arguments[0])
    if not (isinstance(label, Symbol) and label.kind in ("local", "slot") and "(" not in label.name):
        message = f"`{name}` is an observable; within a rule it counts in what a label stands for"
        raise resolver.fail("E016", message, node.arguments[0], hint)
    return Symbol(f"{name}({label.name})", "local", resolver.report.span(node.start, node.end))


def reactant(resolver: Resolver, node: BracketX) -> Expression:
    """``[1]``: the concentration of the species that the first pattern of a rule meets.

    Raises:
        Stop: there is no such pattern.
    """
    if resolver.rule is None:
        message = f"`[{node.name}]` is a reactant of a rule, and has a meaning in its law alone"
        raise resolver.fail("E010", message, node, "write the name of a species: `[A]`")
    if not 1 <= int(node.name) <= resolver.rule.reactants:
        raise resolver.fail("E010", f"this rule has no reactant {node.name}", node)
    return Symbol(node.name, "reactant", resolver.report.span(node.start, node.end))
