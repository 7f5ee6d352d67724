"""Every act that the code writes into the audit log: read from the source, however the verb gets there."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1] / "fieldapp"
WRITERS = {"record": 2, "record_unnamed": 1}  # of core.audit: where the verb stands among their arguments


@dataclass
class Source:
    """One module, as far as verbs can be followed in it."""

    path: Path
    tree: ast.Module
    constants: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[ast.FunctionDef | None, ast.Call]] = field(default_factory=list)


def acts() -> dict[str, str]:
    """Each verb, `*` in it for what is only known at run time -> where it is written."""
    return _given(0)


def kinds() -> dict[str, str]:
    """Each kind of thing that acts are done to, as far as the code names it -> where."""
    return {kind: place for kind, place in _given(1).items() if not kind.startswith("?")}


def registers() -> set[str]:
    """The nouns of what `core.kept` keeps: the second argument of each `Kept(…)`, or of a class that is one."""
    sources = _sources()
    classes = {"Kept"} | {
        node.name
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        # class Zones(Kept[Zone])
        and any(isinstance(base, ast.Subscript) and getattr(base.value, "id", "") == "Kept" for base in node.bases)
    }
    return {
        call.args[1].value
        for source in sources
        for _function, call in source.calls
        if getattr(call.func, "id", "") in classes and len(call.args) == 3 and isinstance(call.args[2], ast.Tuple)
        if isinstance(call.args[1], ast.Constant) and isinstance(call.args[1].value, str)
    }


def _given(further: int) -> dict[str, str]:
    """The argument so many places behind the verb, of every call that writes an act."""
    found: dict[str, str] = {}
    sources = _sources()
    for source in sources:
        for function, call in source.calls:
            verb = _place_of_verb(call)
            if verb is None or len(call.args) <= verb + further:
                continue
            for said in _said(call.args[verb + further], function, source, sources, 0):
                found.setdefault(said, f"{source.path.relative_to(ROOT.parent)}:{call.lineno}")
    return found


@cache
def _sources() -> list[Source]:
    return [_source(path) for path in sorted(ROOT.rglob("*.py"))]


def _source(path: Path) -> Source:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return Source(path, tree, constants, list(_calls(tree)))


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
            return _handed_in(function.name, node.id, place, sources, deep) | _by_default(function, node.id)
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
        for function, call in source.calls:
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if called != name:
                continue
            by_name = [one.value for one in call.keywords if one.arg == parameter]
            given = by_name or ([call.args[place]] if place is not None and len(call.args) > place else [])
            for node in given:
                found |= _said(node, function, source, sources, deep + 1)
    return found


def _by_default(function: ast.FunctionDef, parameter: str) -> set[str]:
    names = [one.arg for one in function.args.posonlyargs + function.args.args]
    pairs = [*zip(reversed(names), reversed(function.args.defaults), strict=False)]
    pairs += [(one.arg, given) for one, given in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)]
    return {
        given.value
        for name, given in pairs
        if name == parameter and isinstance(given, ast.Constant) and isinstance(given.value, str)
    }


def matches(known: str, verb: str) -> bool:
    """Whether a known act is one that this verb may turn out to be."""
    return re.fullmatch(re.escape(verb).replace(r"\*", r"[\w.-]+"), known) is not None
