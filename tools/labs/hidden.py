"""What students see of hidden tests: nothing but the messages that the tests have for them.

As soon as the first check with hidden tests begins, its text lies in the Python process that it
shares with the student's code, which can read it (`print(In)`, `inspect`, a traceback) and pass it
on in whatever it prints, draws, raises or returns, in any disguise. So feedback shows nothing that
came out of that process from then on, but what the student's code cannot have chosen: messages of
the lab's checks, with numbers in them, and names of Python's own errors. Formgrader, which the
instructor reads, shows everything.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor

from tools.labs.cells import errors_of, grade_id, has_hidden, is_test, task_of
from tools.labs.channel import ODD_OUTPUT
from tools.labs.executing import CHANGED, DURING, INTERFERES, OWN, VOID, head
from tools.labs.parsing import syntax_tree

NOT_SHOWN = (
    "(Not shown: what a cell prints or draws after the first check, as hidden tests could be "
    "in it. Run the cell yourself.)"
)
NOT_SAID = "(its message is not shown)"
MASK = "…"
MOST_OF_A_VALUE = 40  # characters of a value in a message: enough for some numbers, not for code
MOST_OF_A_MESSAGE = 5_000
WORDS = {
    *("nan", "inf", "True", "False", "None", "e", "E", "j", "array", "list", "tuple", "dict"),
    *("int", "float", "bool", "str", "ndarray", "float32", "float64", "int32", "int64"),
}
# Sentences of the grader itself.
OURS = (
    r"This task has no answer yet\.",
    r"This cell ran longer than [\d.e+]+ s\.",
    r"This cell wrote more than [\d.e+]+ MB and was stopped\.",
    r"This cell was not executed\.",
    re.escape(INTERFERES),
    re.escape(VOID),
    re.escape(ODD_OUTPUT),
)
# Names of its errors.
GRADERS = ("NotRun", "ChecksChanged", "TimeLimit", "OutputLimit", "OddOutput")
Message = list[str | None]  # its constant parts, None for a value between them

# --- Messages -------------------------------------------------------------------------------------


def parts_of(node: ast.expr | None) -> Message | None:
    """Return the parts of a message that stands in code as a string; None if it does not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [value.value if isinstance(value, ast.Constant) else None for value in node.values]
        return [key for key, _ in itertools.groupby(parts)]  # neighbouring values are one
    return None


def messages_of(source: str) -> Iterator[Message]:
    """Yield the messages that the checks in a test cell have for students."""
    for node in ast.walk(syntax_tree(source)):
        if isinstance(node, ast.Assert):
            message = parts_of(node.msg)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            message = parts_of(node.exc.args[0])
        else:
            continue
        if message:
            yield message


def values_in(text: str, message: Message) -> list[str] | None:
    """Return the values that a message holds; None if the text is not this message."""
    values, at = [], 0
    for number, part in enumerate(message):
        if part is None:
            continue
        after_value = number > 0 and message[number - 1] is None
        last = number == len(message) - 1
        if last and after_value:
            found = len(text) - len(part)
        else:
            found = text.find(part, at) if after_value else at
        if found < at or not text.startswith(part, found):
            return None
        if after_value:
            values.append(text[at:found])
        at = found + len(part)
    if message and message[-1] is None:
        values.append(text[at:])
        at = len(text)
    return values if at == len(text) else None


def is_plain(value: str) -> bool:
    """Say whether a value is a few numbers, or a name of a type."""
    words = re.findall(r"[^\W\d]\w*", value)
    rest = re.sub(r"[^\W\d]\w*", "", value)
    short = len(value) <= MOST_OF_A_VALUE
    return short and set(words) <= WORDS and not re.search(r"[^\d\s.,+\-()\[\]{}:/%<>='*]", rest)


def filled(message: Message, values: list[str]) -> str:
    """Return a message with those of its values that are plain, and a mask for the others."""
    rest = iter(values)
    return "".join(
        part if part is not None else value if is_plain(value := next(rest)) else MASK
        for part in message
    )


def told(text: str, source: str) -> str:
    """Return what a student may read of an error's message: that which the check has for them.

    Args:
        text: the message.
        source: the whole text of the test cell.
    """
    text = text[:MOST_OF_A_MESSAGE]
    if any(re.fullmatch(sentence, text) for sentence in OURS):
        return text
    for message in messages_of(source):
        values = values_in(text, message)
        if values is not None and any(part for part in message):
            return filled(message, values)
    return NOT_SAID


def is_pythons(name: str) -> bool:
    """Say whether an error's name is one that Python itself, or the grader, gives to errors."""
    kind = getattr(builtins, name, None)
    return name in GRADERS or (isinstance(kind, type) and issubclass(kind, BaseException))


# --- Notebooks ------------------------------------------------------------------------------------


def for_student(remark: str, tasks: set[str]) -> str:
    """Return what a student may read of a remark: no text that code of the notebook has chosen.

    Args:
        remark: one sentence, as the grader keeps it for the instructor.
        tasks: names of the lab's tasks; a remark about a crash begins with one, or with OWN.
    """
    for told in (CHANGED, DURING):
        if remark.startswith(told):
            return f"{told}."
    where, colon, what = remark.partition(": ")
    if colon and where in {*tasks, OWN}:
        name = what.split(":")[0]
        return f"{where}: {name if is_pythons(name) else 'an error'} {NOT_SAID}."
    return remark


def first_with_hidden(nb: NotebookNode) -> int:
    """Return the number of the first cell with hidden tests; that of cells if none has any."""
    having = (i for i, cell in enumerate(nb.cells) if is_test(cell) and has_hidden(cell.source))
    return next(having, len(nb.cells))


def safe_error(output: NotebookNode, source: str, remarks: list[str]) -> NotebookNode:
    """Return an error without what code of the notebook can have put into it.

    Args:
        output: the error.
        source: the text of the test cell that it is from; empty for other cells.
        remarks: what the grader itself says about the notebook.
    """
    name = output.ename if is_pythons(output.ename) else "An error"
    text = output.evalue if output.evalue in remarks else told(output.evalue, source)
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def hide(nb: NotebookNode) -> None:
    """Take hidden tests, and all that could hold them, out of a graded notebook, in place."""
    about = nb.metadata.get("lab", {})
    tasks = {task_of(name) for cell in nb.cells if (name := grade_id(cell))}
    remarks = [for_student(remark, tasks) for remark in about.get("remarks", [])]
    if remarks:
        nb.cells[0].source = head(remarks)
    first = first_with_hidden(nb)
    for number, cell in enumerate(nb.cells):
        if cell.cell_type != "code" or number < first:
            continue
        source = cell.source if is_test(cell) else ""
        errors = [safe_error(output, source, remarks) for output in errors_of(cell)]
        if is_test(cell):
            ClearHiddenTests().preprocess_cell(cell, {}, number)
        elif len(cell.outputs) > len(errors):
            errors.insert(0, nbformat.v4.new_output("stream", name="stdout", text=NOT_SHOWN))
        cell.outputs = errors


class HideTests(NbGraderPreprocessor):
    """Makes of a graded notebook what its student may see; see `hide`."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        hide(nb)
        return nb, resources
