"""A student who edits a notebook at random, as editors let him, and what his code then deserves."""

import ast
import collections
import copy
import functools
import random
import re

import nbformat
from nbgrader import utils

from tools.labs.cells import grade_id

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
IMAGE = {"image/png": PIXEL}


class Editor:
    """Edits a solved lab, one random action after the other.

    Args:
        notebook: the solved lab; it stays as it is.
        wrong: wrong answers by the name of the answer's cell.
        seed: of the random choices.

    Attributes:
        notebook: what has become of it.
        done: the names of the actions.
        more: how many cells the actions may have added: new ones, copies, halves, and what was
            written into a cell of the lab, which is put back as it was.
        notes: how many new cells there were, each of which says something else.
    """

    def __init__(self, notebook, wrong, seed):
        self.notebook = copy.deepcopy(notebook)
        self.wrong = wrong
        self.random = random.Random(seed)
        self.done = []
        self.more = 0
        self.notes = 0
        self.actions = [
            *(self.insert, self.insert_text, self.delete, self.move, self.copy, self.split),
            *(self.merge, self.retype, self.make_wrong, self.change_type, self.turn_and_back),
            *(
                self.make_wrong,
                self.attach,
                self.lose_metadata,
                self.lose_metadata,
                self.double_id,
                self.save,
            ),
        ]

    @property
    def cells(self):
        return self.notebook.cells

    def work(self, count):
        """Do so many random actions."""
        for _ in range(count):
            action = self.random.choice(self.actions)
            self.done.append(action.__name__)
            action()
        return self.notebook

    def anywhere(self, of=lambda cell: True):
        """Return the number of a random cell of a kind, more often than not of an answer; None if
        there is none."""
        numbers = [number for number, cell in enumerate(self.cells) if of(cell)]
        answers = [number for number in numbers if definitions(self.cells[number].source)]
        if answers and self.random.random() < 0.7:
            numbers = answers
        return self.random.choice(numbers) if numbers else None

    def put(self, cell):
        """Put a cell anywhere."""
        self.cells.insert(self.random.randint(0, len(self.cells)), cell)

    # --- Cells come and go ---

    def insert(self):
        self.notes += 1
        self.put(nbformat.v4.new_code_cell(f"note_{self.notes} = 1"))
        self.more += 1

    def insert_text(self):
        self.notes += 1
        self.put(nbformat.v4.new_markdown_cell(f"My note_{self.notes}."))
        self.more += 1

    def delete(self):
        if len(self.cells) > 5:
            self.cells.pop(self.anywhere())

    def move(self):
        self.put(self.cells.pop(self.anywhere()))

    def copy(self):
        number = self.anywhere(lambda cell: "note_" not in cell.source)
        double = copy.deepcopy(self.cells[number])
        if self.random.random() < 0.5:
            double["id"] = nbformat.v4.new_code_cell().id
        self.put(double)
        self.more += 1

    def split(self):
        number = self.anywhere(lambda cell: "\n" in cell.source and "note_" not in cell.source)
        lines = self.cells[number].source.split("\n")
        at = self.random.randint(1, len(lines) - 1)
        second = copy.deepcopy(self.cells[number])
        self.cells[number].source = "\n".join(lines[:at])
        second.source = "\n".join(lines[at:])
        second["id"] = nbformat.v4.new_code_cell().id
        self.cells.insert(number + 1, second)
        self.more += 2  # of a cell of the lab both halves are something else

    def merge(self):
        """Merge two neighbours of one type; the first one gives its metadata, as in JupyterLab.

        Not something behind a check: as a check may fail, Python need not come to what is behind.
        """
        number = self.anywhere(lambda cell: not holds_check(cell))
        if number is None or number + 1 == len(self.cells):
            return
        first, second = self.cells[number], self.cells[number + 1]
        if first.cell_type == second.cell_type:
            first.source += "\n\n" + second.source
            if "attachments" in second:
                first.setdefault("attachments", {}).update(second.attachments)
            del self.cells[number + 1]
            self.more += 1  # if the first one is the lab's, it is something else now

    # --- What is in a cell ---

    def retype(self):
        """Type a cell anew: an answer in another form, a check to make it pass, a text as one
        likes."""
        cell = self.cells[self.anywhere(lambda cell: "note_" not in cell.source)]
        if is_answer(cell) and cell.cell_type == "code":
            cell.source = "# again\n" + cell.source.replace("\t", "    ") + "\n\n"
        elif holds_check(cell):
            cell.source = "assert True"
        elif cell.cell_type != "code":
            cell.source += " (seen)"
        self.more += 1

    def make_wrong(self):
        number = self.anywhere(lambda cell: set(definitions(cell.source)) & set(self.wrong))
        if number is not None:
            names = sorted(set(definitions(self.cells[number].source)) & set(self.wrong))
            self.cells[number].source = self.wrong[names[0]]

    def change_type(self):
        self.turn(self.cells[self.anywhere()])

    def turn_and_back(self):
        cell = self.cells[self.anywhere()]
        before = cell.cell_type
        self.turn(cell)
        self.turn(cell, before)

    def turn(self, cell, kind=None):
        """Change a cell's type, as JupyterLab does."""
        kinds = {"code", "markdown", "raw"} - {cell.cell_type}
        cell.cell_type = kind or self.random.choice(sorted(kinds))
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.pop("attachments", None)
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
        self.more += 1

    def attach(self):
        number = self.anywhere(lambda cell: cell.cell_type == "markdown")
        if number is not None:
            name = self.random.choice(["image.png", "Bild ä.png", "missing.png"])
            cell = self.cells[number]
            cell.source += f"\n\n![{name}](attachment:{name.replace(' ', '%20')})"
            if name != "missing.png":
                cell.setdefault("attachments", {})[name] = IMAGE
            self.more += 1

    # --- What is in a file ---

    def lose_metadata(self):
        self.cells[self.anywhere()].metadata = nbformat.from_dict({})

    def double_id(self):
        self.cells[self.anywhere()]["id"] = self.cells[self.anywhere()].get("id", "x")

    def save(self):
        """Save the notebook with another program."""
        program = self.random.choice(["Colab", "VS Code", "nbformat 4.4", "nbformat 3", "CRLF"])
        self.done[-1] += f" ({program})"
        for number, cell in enumerate(self.cells):
            if program == "Colab":
                cell.metadata["id"] = f"colab{number}"
            elif program == "VS Code":
                cell.metadata["vscode"] = {"languageId": "python"}
            elif program == "CRLF":
                cell.source = cell.source.replace("\r\n", "\n").replace("\n", "\r\n")
            if program in ("Colab", "nbformat 4.4", "nbformat 3"):
                cell.pop("id", None)
            if cell.cell_type == "code":
                text = "x" * self.random.choice([1, 100_000])
                cell.outputs = [nbformat.v4.new_output("stream", text=text)]
        if program in ("Colab", "nbformat 4.4"):
            self.notebook.nbformat_minor = 4 if program == "nbformat 4.4" else 0
        elif program == "nbformat 3":
            self.more += sum(cell.cell_type == "raw" for cell in self.cells)
            old = nbformat.convert(copy.deepcopy(self.notebook), 3)
            self.notebook = nbformat.convert(old, 4)


def notes(notebook):
    """Return how often each note of an editor's stands in a notebook."""
    text = "\n".join(cell.source for cell in notebook.cells)
    return collections.Counter(re.findall(r"note_\d+", text))


def is_answer(cell):
    """Say whether a cell is called like one that students fill in."""
    return bool(grade_id(cell)) and utils.is_solution(cell)


def holds_check(cell):
    """Say whether there is a check in a cell, or a part of one."""
    return (grade_id(cell) or "").startswith("test_") or "\nassert " in f"\n{cell.source}"


# --- What code deserves ---------------------------------------------------------------------------


def deserved(notebook, right):
    """Return which tasks a notebook has solved.

    The last definition of a function at the top level of a cell, in the order of the notebook, is
    the one that counts, whatever cell it stands in. Cells that are no Python define nothing. What
    is no code counts only if it bears the name of an answer that no code defines.

    Args:
        notebook: what was handed in.
        right: the text of the right answers by the name of their function.
    """
    solved = {}
    for name, answer in right.items():
        wanted = definitions(answer)[name]
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        if not any(name in definitions(source) for source in code):
            called = [cell for cell in notebook.cells if grade_id(cell) == name]
            code = [cell.source for cell in called if cell.cell_type != "code"][-1:]
        last = [found[name] for source in code if name in (found := definitions(source))]
        solved[name] = bool(last) and last[-1] == wanted
    return solved


@functools.cache
def definitions(source):
    """Return the functions that a cell defines at its top level: a form of each by its name.

    Lines for the shell are no Python, and no obstacle.
    """
    source = re.sub(r"(?m)^[!%].*$", "", source)
    try:
        compile(source, "a cell", "exec")
    except SyntaxError:
        return {}
    body = ast.parse(source).body
    return {part.name: ast.dump(part) for part in body if isinstance(part, ast.FunctionDef)}


def checked(notebook, right):
    """Return which tasks a restored notebook solves: at each check the function that counts is the
    one that was defined last before it."""
    now, solved = {}, {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            now |= definitions(cell.source)
            name = (grade_id(cell) or "").removeprefix("test_")
            if grade_id(cell) == f"test_{name}":
                solved[name] = now.get(name) == definitions(right[name])[name]
    return solved
