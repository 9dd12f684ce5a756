"""The statements of a notebook: which names they define, and which of them a function needs."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable


def bound(statement: ast.stmt) -> set[str]:
    """Return the names to which a statement gives a value where it stands."""
    if name := defined(statement):
        return {name}
    nodes = ast.walk(statement)
    return imported(statement) or {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def used(statement: ast.stmt) -> set[str]:
    """Return the names that a statement needs from elsewhere: not those that are its own, such as
    the arguments and local variables of functions."""
    source = ast.unparse(ast.fix_missing_locations(statement))
    waiting = [symtable.symtable(source, "<statement>", "exec")]
    found = set()
    while waiting:
        scope = waiting.pop()
        waiting += scope.get_children()
        found |= {
            symbol.get_name()
            for symbol in scope.get_symbols()
            if symbol.is_referenced() and (scope.get_type() == "module" or symbol.is_global())
        }
    return found


def kept(statements: list[ast.stmt], names: Iterable[str], notebook: str) -> list[ast.stmt]:
    """Return the statements that make these functions and classes: the definitions themselves and
    those that they use, imports, and constants.

    Raises:
        LookupError: the notebook, named by its path, defines no such name.
    """
    wanted = reached(statements, names)
    absent = set(names) - {defined(statement) for statement in statements}
    if absent:
        raise LookupError(f"{notebook} defines no {', '.join(sorted(absent))}.")
    once = steady(statements, wanted)
    found: list[ast.stmt] = []
    known = {"range"}
    for statement in statements:
        names_made = imported(statement) or constants(statement, known, once)
        known |= names_made
        if names_made or defined(statement) in wanted:
            found.append(statement)
    return found


def steady(statements: list[ast.stmt], wanted: set[str]) -> set[str]:
    """Return the names that get a value once in a notebook, and that these definitions use, or
    another such name."""
    makers: dict[str, list[ast.stmt]] = {}
    for statement in statements:
        for name in bound(statement):
            makers.setdefault(name, []).append(statement)
    waiting = [s for s in statements if defined(s) in wanted]
    found: set[str] = set()
    while waiting:
        for name in used(waiting.pop()) - found:
            if len(made := makers.get(name, [])) == 1 and not defined(made[0]):
                found.add(name)
                waiting += made
    return found


def defined(statement: ast.stmt) -> str | None:
    """Return the name of the function or class that a statement defines, or None."""
    is_definition = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return statement.name if is_definition else None


def reached(statements: list[ast.stmt], names: Iterable[str]) -> set[str]:
    """Return these names of definitions, and those that their code uses, at any remove."""
    definitions: dict[str, list[ast.stmt]] = {}
    for statement in statements:
        if name := defined(statement):
            definitions.setdefault(name, []).append(statement)
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [
            node.id
            for statement in definitions.get(name, [])
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and node.id in definitions
        ]
    return found


def imported(statement: ast.stmt) -> set[str]:
    """Return the names that an import makes; none if the statement is no import."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return set()
    return {alias.asname or alias.name.split(".")[0] for alias in statement.names}


def constants(statement: ast.stmt, known: set[str], once: set[str]) -> set[str]:
    """Return the NAMES, or those of `steady`, to which a statement assigns what can be computed
    from literals and known names without calling any of them but `range`; none if it does anything
    else."""
    if not isinstance(statement, ast.Assign):
        return set()
    targets = [
        target
        for goal in statement.targets
        for target in (goal.elts if isinstance(goal, ast.Tuple) else [goal])
    ]
    if not all(
        isinstance(target, ast.Name) and (target.id.isupper() or target.id in once)
        for target in targets
    ):
        return set()
    for node in ast.walk(statement.value):
        called = isinstance(node, ast.Call) and ast.unparse(node.func) != "range"
        unknown = isinstance(node, ast.Name) and node.id not in known
        if called or unknown or isinstance(node, ast.comprehension | ast.Lambda):
            return set()
    return {target.id for target in targets}
