"""Which names a cell's code defines, binds and uses, without executing it."""

from __future__ import annotations

import ast
import contextlib
import functools
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.labs.parsing import syntax_tree

MOST_CHARACTERS = 50_000  # what is longer is not looked into; nobody types that
# IPython's own transformer needs minutes for a cell made to that end, and this runs outside of the
# sandbox. What a magic does is not asked here, only what stands around it.
MAGICS = (
    (r"\A\s*%%.*", ""),
    (r"(?m)^([ \t]*)[%!].*$", r"\1pass"),
    (r"(?m)^([ \t]*)\S*\?{1,2}[ \t]*$", r"\1pass"),
    (r"(?m)=[ \t]*[%!].*$", "= None"),
)
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Names:
    """The names at the top level of a piece of code.

    Attributes:
        defined: those that are made to be called: by `def`, by `class`, or by giving a function
            another name.
        bound: all that get a value, the defined ones included.
        used: those that are read, also from inside functions, and are not local there.
    """

    defined: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Keep Python's warnings about a student's code to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@functools.lru_cache(maxsize=4096)
@without_warnings()
def names_in(code: str) -> Names:
    """Return the names in a cell's code; none where it is no Python or too long to be looked into.

    Magics are passed over.
    """
    python = as_python(code)
    if python is None:
        return Names()
    defined = {
        name
        for statement in top_level(syntax_tree(python).body)
        for name in names_defined(statement)
    }
    table = symtable.symtable(python, "a cell", "exec")
    bound = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }
    return Names(frozenset(defined), frozenset(bound | defined), frozenset(read_in(table)))


def as_python(code: str) -> str | None:
    """Return a cell's code without its magics; None if that gives no Python."""
    if len(code) > MOST_CHARACTERS:
        return None
    indent = re.match(r"[ \t]*", code)[0]  # IPython takes it away
    shifted = re.sub(f"(?m)^{indent}", "", code)
    for text in (code, functools.reduce(lambda text, magic: re.sub(*magic, text), MAGICS, shifted)):
        try:
            # Refuses more than the parser does, such as a return outside of a function.
            compile(text, "a cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
            return text
        except Exception:  # RecursionError and MemoryError too: deliberate nesting
            continue
    return None


@functools.lru_cache(maxsize=512)
@without_warnings()
def statements(code: str) -> frozenset[str]:
    """Return the statements at the top level of a cell, each in a form that does not depend on how
    it is typed."""
    return frozenset(ast.dump(statement) for statement in syntax_tree(as_python(code) or "").body)


@without_warnings()
def new_statements(code: str, known: frozenset[str]) -> str:
    """Return those statements of a cell that bind a name and are not known; what is no Python has
    none.

    Args:
        code: the cell's text.
        known: as `statements` returns them.
    """
    added = [
        text
        for statement in syntax_tree(as_python(code) or "").body
        if ast.dump(statement) not in known and names_in(text := ast.unparse(statement)).bound
    ]
    return "\n\n".join(added)


def top_level(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield these statements, and those in their blocks that run in the same namespace."""
    waiting = list(statements)[::-1]
    while waiting:
        statement = waiting.pop()
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = [part for block in BLOCKS for part in getattr(statement, block, [])]
            waiting += inner[::-1]


def names_defined(statement: ast.AST) -> set[str]:
    """Return the names that a statement makes for something to be called."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
        if isinstance(statement.value, ast.Lambda | ast.Name | ast.Attribute):
            return names
    return set()


def read_in(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that code reads from the notebook's namespace."""
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and (scope is table or symbol.is_global()):
                yield symbol.get_name()
        waiting += scope.get_children()
