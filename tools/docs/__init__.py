"""The pages that say something about notebooks and labs, made from these themselves.

    python -m tools.docs             writes all pages
    python -m tools.docs --check     writes nothing; exit status 1 if one of them is out of date

Pages in docs/ are made whole. README.md gets a table of the notebooks, the README of a part one of
its own, CONTRIBUTING.md the rules, labs/README.md two tables of the labs; all keep every word
outside of the markers. The headline of a notebook is the row of its results table that is marked
so, else the first. The pages about all notebooks stand in lessons.py, questions.py and real.py,
those about a part in parts.py, the rules in rules.py, what is about labs in labs.py; what they have
in common stands in tables.py.
"""

from __future__ import annotations

from pathlib import Path

from tools.docs import labs, lessons, parts, questions, real, rules
from tools.docs.tables import between


def pages(root: Path) -> dict[Path, str]:
    """Return each generated file with the text that it should have.

    Raises:
        DocsError: README.md or its markers are missing, or a notebook is unreadable or its metadata
            incomplete.
    """
    books = lessons.read_books(root)
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    made = {
        readme: between(text, lessons.START, lessons.readme_block(books, root), "README.md"),
        root / "docs/results.md": lessons.results_page(books, root),
        root / "docs/topics.md": lessons.topics_page(books, root),
        root / "docs/results-real.md": real.real_results_page(books, root),
        root / "docs/questions.md": questions.questions_page(books, root),
        **parts.part_pages(books, root),
    }
    how_to = root / "CONTRIBUTING.md"
    if how_to.exists():
        page = how_to.read_text(encoding="utf-8")
        made[how_to] = between(page, rules.START, rules.rules_block(), "CONTRIBUTING.md")
    guide = root / "labs/README.md"
    if guide.exists():
        tasks, scores = labs.lab_blocks(root)
        page = guide.read_text(encoding="utf-8")
        page = between(page, labs.LABS_START, tasks, "labs/README.md")
        made[guide] = between(page, labs.SCORES_START, scores, "labs/README.md")
    return made
