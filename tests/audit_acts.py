"""Every act that the code writes into the audit log: read from the source, however the verb gets there."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1] / "fieldapp"
WRITERS = {"record": 2, "record_unnamed": 1}  # of core.audit: where the verb stands among their arguments


@dataclass
class Source:
    """One module, as far as verbs can be followed in it."""

    path: Path
    tree: ast.Module
    constants: dict[str, str] = field(default_factory=dict)


def acts() -> dict[str, str]:
    """Verb (a piece that is only known at run time is `*`) and subject type -> where it is written."""
    found: dict[str, str] = {}
    sources = list(_sources())
    for source in sources:
        for function, call in _calls(source.tree):
            at = _place_of_verb(call)
            if at is None or len(call.args) <= at:
                continue
            for verb in _said(call.args[at], function, source, sources, 0):
                found.setdefault(verb, f"{source.path.relative_to(ROOT.parent)}:{call.lineno}")
    return found


def _sources() -> Iterator[Source]:
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        yield Source(path, tree, constants)


def _calls(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
    """Each call with the innermost named function that it stands in."""

    def walk(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                yield function, child
            yield from walk(child, child if isinstance(child, ast.FunctionDef) else function)

    yield from walk(tree, None)


def _place_of_verb(call: ast.Call) -> int | None:
    called = call.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "audit":
        return WRITERS.get(called.attr)
    return None


def _said(
    node: ast.expr, function: ast.FunctionDef | None, source: Source, sources: list[Source], deep: int
) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _said(node.body, function, source, sources, deep) | _said(node.orelse, function, source, sources, deep)
    if isinstance(node, ast.JoinedStr):
        return {"".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)}
    if isinstance(node, ast.Name) and function is not None and deep < 4:
        names = [one.arg for one in function.args.posonlyargs + function.args.args]
        if node.id in names or node.id in [one.arg for one in function.args.kwonlyargs]:
            place = names.index(node.id) if node.id in names else None
            return _handed_in(function.name, node.id, place, sources, deep)
        for one in ast.walk(function):  # a name given a moment before
            if isinstance(one, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in one.targets):
                return _said(one.value, function, source, sources, deep + 1)
    if isinstance(node, ast.Name) and node.id in source.constants:
        return {source.constants[node.id]}
    return {f"? {source.path.name}:{node.lineno}"}


def _handed_in(name: str, parameter: str, place: int | None, sources: list[Source], deep: int) -> set[str]:
    """What callers of a function of this name give for one of its parameters."""
    found: set[str] = set()
    for source in sources:
        for function, call in _calls(source.tree):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if called != name:
                continue
            by_name = [one.value for one in call.keywords if one.arg == parameter]
            given = by_name or ([call.args[place]] if place is not None and len(call.args) > place else [])
            for node in given:
                found |= _said(node, function, source, sources, deep + 1)
    return found


def matches(known: str, verb: str) -> bool:
    """Whether a known act is one that this verb may turn out to be."""
    return re.fullmatch(re.escape(verb).replace(r"\*", r"[\w.-]+"), known) is not None
