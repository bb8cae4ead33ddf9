"""Mutation operators: small plausible mistakes, as replacements of a node of the syntax tree.

    node of the tree ──> MISTAKES ──> (operator, replacement), ...

Text that nobody acts on (annotations, docstrings, f-strings, imports) is left alone by `sites`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType

import libcst as cst

Mistake = tuple[str, cst.CSTNode]
"""Name of the operator, and what stands in the node's place."""

TEXT_MAX = 40
COMPARED: Mapping[type, tuple[type, ...]] = MappingProxyType(
    {
        cst.LessThan: (cst.LessThanEqual, cst.GreaterThan),
        cst.LessThanEqual: (cst.LessThan, cst.GreaterThan),
        cst.GreaterThan: (cst.GreaterThanEqual, cst.LessThan),
        cst.GreaterThanEqual: (cst.GreaterThan, cst.LessThan),
        cst.Equal: (cst.NotEqual,),
        cst.NotEqual: (cst.Equal,),
        cst.Is: (cst.IsNot,),
        cst.IsNot: (cst.Is,),
        cst.In: (cst.NotIn,),
        cst.NotIn: (cst.In,),
    }
)
COUNTED: Mapping[type, tuple[type, ...]] = MappingProxyType(
    {
        cst.Add: (cst.Subtract,),
        cst.Subtract: (cst.Add,),
        cst.Multiply: (cst.Divide,),
        cst.Divide: (cst.Multiply,),
        cst.FloorDivide: (cst.Divide,),
        cst.Modulo: (cst.FloorDivide,),
        cst.AddAssign: (cst.SubtractAssign,),
        cst.SubtractAssign: (cst.AddAssign,),
    }
)
ORDERLESS = ("min", "max", "isinstance")  # swapped arguments: the same, or a plain crash
LOGIC: Mapping[type, type] = MappingProxyType({cst.And: cst.Or, cst.Or: cst.And})
NAMES: Mapping[str, str] = MappingProxyType(
    {"True": "False", "False": "True", "min": "max", "max": "min", "any": "all", "all": "any"}
)


def mistakes(node: cst.CSTNode) -> Iterator[Mistake]:
    """Every small mistake that can be made at a node."""
    maker = MISTAKES.get(type(node))
    if maker is not None:
        yield from maker(node)


def _comparison(node: cst.Comparison) -> Iterator[Mistake]:
    for at, target in enumerate(node.comparisons):
        for other in COMPARED.get(type(target.operator), ()):
            changed = target.with_changes(operator=other())
            targets = [*node.comparisons[:at], changed, *node.comparisons[at + 1 :]]
            yield "comparison", node.with_changes(comparisons=targets)


def _arithmetic(node: cst.BinaryOperation | cst.AugAssign) -> Iterator[Mistake]:
    for other in COUNTED.get(type(node.operator), ()):
        yield "arithmetic", node.with_changes(operator=other())


def _logic(node: cst.BooleanOperation) -> Iterator[Mistake]:
    yield "logic", node.with_changes(operator=LOGIC[type(node.operator)]())
    yield "logic", _parenthesized(node.left)
    yield "logic", _parenthesized(node.right)


def _negation(node: cst.UnaryOperation) -> Iterator[Mistake]:
    yield "logic" if isinstance(node.operator, cst.Not) else "arithmetic", node.expression


def _integer(node: cst.Integer) -> Iterator[Mistake]:
    value = node.evaluated_value
    yield "constant", cst.Integer(str(value + 1))
    if value == 1:
        yield "constant", cst.Integer("0")


def _float(node: cst.Float) -> Iterator[Mistake]:
    value = node.evaluated_value
    yield "constant", cst.Float(repr(value * 2 if value else 1.0))


def _name(node: cst.Name) -> Iterator[Mistake]:
    if node.value in NAMES:
        yield "constant", cst.Name(NAMES[node.value])


def _text(node: cst.SimpleString) -> Iterator[Mistake]:
    value = node.evaluated_value
    if isinstance(value, str) and 0 < len(value) <= TEXT_MAX and " " not in value:
        yield "text", cst.SimpleString(repr(value + "_"))


def _condition(node: cst.If | cst.While) -> Iterator[Mistake]:
    if isinstance(node, cst.If):
        yield "dropped check", node.with_changes(test=cst.Name("True"))
    if not (isinstance(node.test, cst.Name) and node.test.value == "True"):
        yield "dropped branch", node.with_changes(test=cst.Name("False"))


def _choice(node: cst.IfExp) -> Iterator[Mistake]:
    yield "dropped check", _parenthesized(node.body)
    yield "dropped branch", _parenthesized(node.orelse)


def _filter(node: cst.CompFor) -> Iterator[Mistake]:
    if node.ifs:
        yield "dropped check", node.with_changes(ifs=())


def _call(node: cst.Call) -> Iterator[Mistake]:
    orderless = isinstance(node.func, cst.Name) and node.func.value in ORDERLESS
    plain = (
        []
        if orderless
        else [at for at, arg in enumerate(node.args) if arg.keyword is None and not arg.star]
    )
    for one, other in pairwise(plain):
        if not node.args[one].value.deep_equals(node.args[other].value):
            args = list(node.args)
            args[one] = args[one].with_changes(value=node.args[other].value)
            args[other] = args[other].with_changes(value=node.args[one].value)
            yield "swapped arguments", node.with_changes(args=args)
    for at, arg in enumerate(node.args):
        if arg.keyword is not None:
            left = [*node.args[:at], *node.args[at + 1 :]]
            yield "dropped argument", node.with_changes(args=left)


def _statement(node: cst.SimpleStatementLine) -> Iterator[Mistake]:
    small = node.body[0]
    nothing = node.with_changes(body=[cst.Pass()])
    if isinstance(small, cst.Expr) and isinstance(small.value, cst.Await | cst.Call):
        yield "dropped call", nothing
    elif isinstance(small, cst.Raise):
        yield "dropped raise", nothing
    elif isinstance(small, cst.Assign | cst.AugAssign) and _of_an_object(small):
        yield "dropped assignment", nothing
    elif isinstance(small, cst.Return) and small.value is not None and not _is_none(small.value):
        yield "lost result", node.with_changes(body=[cst.Return()])
    elif isinstance(small, cst.Continue | cst.Break):
        yield "loop", nothing


def _handler(node: cst.ExceptHandler) -> Iterator[Mistake]:
    again = cst.IndentedBlock([cst.SimpleStatementLine([cst.Raise()])])
    if not again.deep_equals(node.body):
        yield "wrong exception", node.with_changes(body=again)


def _block(node: cst.IndentedBlock) -> Iterator[Mistake]:
    body = list(node.body)
    for at, (one, other) in enumerate(pairwise(body)):
        if _acts(one) and _acts(other):
            yield "swapped statements", _with(node, [*body[:at], other, one, *body[at + 2 :]])
    for at, one in enumerate(body):
        if isinstance(one, cst.With) and isinstance(one.body, cst.IndentedBlock):
            inner = list(one.body.body)
            if len(inner) > 1 and not _returns(inner[-1]):
                shorter = one.with_changes(body=_with(one.body, inner[:-1]))
                split = [*body[:at], shorter, inner[-1], *body[at + 1 :]]
                yield "early commit", _with(node, split)


def _with(block: cst.IndentedBlock, body: list[cst.BaseStatement]) -> cst.IndentedBlock:
    return block.with_changes(body=body)


def _acts(statement: cst.CSTNode) -> bool:
    """Whether it is done for its effect alone."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    small = statement.body[0]
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.Await | cst.Call)


def _returns(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[0], cst.Return | cst.Raise
    )


def _of_an_object(small: cst.Assign | cst.AugAssign) -> bool:
    """Whether it changes what outlives the function: an attribute, or an item."""
    target = small.target if isinstance(small, cst.AugAssign) else small.targets[0].target
    return isinstance(target, cst.Attribute | cst.Subscript)


def _is_none(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Name) and value.value == "None"


def _parenthesized(node: cst.BaseExpression) -> cst.BaseExpression:
    if node.lpar or isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Integer):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


MISTAKES: Mapping[type, Callable[..., Iterator[Mistake]]] = MappingProxyType(
    {
        cst.Comparison: _comparison,
        cst.BinaryOperation: _arithmetic,
        cst.AugAssign: _arithmetic,
        cst.BooleanOperation: _logic,
        cst.UnaryOperation: _negation,
        cst.Integer: _integer,
        cst.Float: _float,
        cst.Name: _name,
        cst.SimpleString: _text,
        cst.If: _condition,
        cst.While: _condition,
        cst.IfExp: _choice,
        cst.CompFor: _filter,
        cst.Call: _call,
        cst.SimpleStatementLine: _statement,
        cst.ExceptHandler: _handler,
        cst.IndentedBlock: _block,
    }
)
