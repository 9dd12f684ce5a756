"""Says what in a submission a person should read: ways into the checks' own process that no task
needs. It costs no points; whoever hides such code from this list gains none either by it."""

from __future__ import annotations

import ast

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbgrader import utils

from tools.labs.parsing import syntax_tree

# What is imported, called or looked at by code that reaches for the checks.
MODULES = {"gc", "ctypes", "inspect", "builtins", "atexit", "_lab_guard"}
NAMES = {"In", "_ih", "exec", "eval", "compile", "__builtins__", "__import__"}
ATTRIBUTES = {
    *("__closure__", "cell_contents", "__code__", "__globals__", "__wrapped__"),
    *("_getframe", "f_locals", "f_globals", "settrace", "setprofile", "_exit", "modules"),
    *("ast_transformers", "input_transformers_post", "input_transformers_cleanup", "user_ns"),
    *("set_custom_exc", "do_execute", "kernel"),
}
# Methods by which an object can claim to be right, whatever it is compared with.
CLAIMS = {
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__"),
    *("__array_ufunc__", "__array_function__", "__instancecheck__"),
}


def odd_parts(source: str) -> set[str]:
    """Return the odd names that a cell's text uses; none if it is no Python."""
    try:
        tree = syntax_tree(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.split(".")[0] for alias in names} & MODULES
            case ast.ImportFrom(module=str(module)):
                found |= {module.split(".")[0]} & MODULES
            case ast.Name(id=name):
                found |= {name} & NAMES
            case ast.Attribute(attr=name):
                found |= {name} & ATTRIBUTES
            case ast.FunctionDef(name=name):
                found |= {name} & CLAIMS
            case ast.Constant(value=str(text)) if "_lab_guard" in text:
                found.add("_lab_guard")
            case ast.ClassDef(bases=bases) if any("ndarray" in ast.unparse(b) for b in bases):
                found.add("a kind of ndarray")
    return found


def worth_reading(nb: NotebookNode) -> list[str]:
    """Return a remark about a restored notebook if a person should read its code."""
    found: set[str] = set()
    for cell in nb.cells:
        if cell.cell_type == "code" and not utils.is_locked(cell):
            found |= odd_parts(cell.source)
    if not found:
        return []
    return [f"Worth reading, as it can deceive a check: {', '.join(sorted(found))}."]
