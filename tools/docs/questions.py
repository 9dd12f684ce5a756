"""docs/questions.md: the questions of all notebooks' *check yourself*, by topic, answers folded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.docs.tables import Books, DocsError
from tools.notebooks import name_of, topics
from tools.questions import faults, shown

HEAD = """# Questions

What an interviewer may ask, and what a student can check after a lesson: the questions of every
notebook's section *Check yourself*, by topic. Answer in your own words first, then look at the
options, then unfold the answer. This page is made by `python -m tools.docs` from the notebooks'
metadata.
"""
NONE_YET = """No notebook has such questions yet: they come with the second edition, notebook by
notebook."""
OTHERS = "Other topics"


def questions_page(books: Books, root: Path) -> str:
    """Return docs/questions.md.

    A question stands in the group of docs/topics.toml to which most topics of its notebook belong.

    Raises:
        DocsError: a question is incomplete, or its answer is none of its options.
    """
    groups = topics(root)
    found: dict[str, list[str]] = {group: [] for group in [*groups, OTHERS]}
    for path, book in books.items():
        about, name = book.metadata["course"], name_of(path, root)
        for number, question in enumerate(about.get("questions", []), 1):
            found[_group(about["topics"], groups)].append(
                _question(question, f"{name}, question {number}", f"../{quote(name)}", path.stem)
            )
    parts = [f"## {group}\n\n" + "\n\n".join(asked) for group, asked in found.items() if asked]
    return "\n\n".join([HEAD.strip(), *(parts or [NONE_YET])]) + "\n"


def _group(taught: dict[str, str], groups: dict[str, list[str]]) -> str:
    """Return the group to which most of these topics belong; the first one of several."""
    counts = Counter({group: len(taught.keys() & members) for group, members in groups.items()})
    (group, count), *_ = counts.most_common(1) or [(OTHERS, 0)]
    return group if count else OTHERS


def _question(question: dict[str, Any], where: str, link: str, title: str) -> str:
    """Return a question with its options and its folded answer, in Markdown.

    Args:
        question: of the form that tools/questions.py describes.
        where: notebook and number, for a message.
        link: to the notebook.
        title: of the link.
    """
    for fault in faults(question):
        raise DocsError(f"{where}: {fault}.")
    return f"**{question['question']}** ([{title}]({link}))\n\n{shown(question)}"
