"""docs/results-real.md: what notebooks measured on real files that cannot be given away."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.docs.tables import Books, DocsError, results_table, table
from tools.notebooks import name_of
from tools.real_results import FILE, StoredResultsError, code_hash, load

HEAD = """# Results on real files

Some data cannot be given away with the course. Whoever has such a file can put it where its card
in [datasets/README.md](../datasets/README.md) says, and the notebooks use it. This page says what
they then measured, on which file exactly, and when. Whatever comes out on the default data stands
in [results.md](results.md).

`python course.py test --real --store NOTEBOOK` measures again and stores the results in
`docs/results-real.json`; `python -m tools.docs` makes this page of it.
"""
NOTHING = "Nothing has been measured yet."
OLDER = "**The notebook's code has changed since**: measure again before you quote these numbers."


def real_results_page(books: Books, root: Path) -> str:
    """Return docs/results-real.md: for each notebook that was measured on real files the date, the
    files with their checksums, and the results.

    Raises:
        DocsError: what is stored cannot be read, or names a notebook that is not there.
    """
    try:
        stored = load(root)
    except StoredResultsError as error:
        raise DocsError(str(error)) from None
    here = {name_of(path, root): path for path in books}
    for name in stored:
        if name not in here:
            raise DocsError(f"{FILE} holds results of {name}, which is not there.")
    parts = [HEAD.strip()]
    for name, path in here.items():
        if name in stored:
            parts += _section(name, stored[name], code_hash(books[path]))
    return "\n\n".join(parts if stored else [*parts, NOTHING]) + "\n"


def _section(name: str, entry: dict[str, Any], code: str) -> list[str]:
    """Return the paragraphs about one notebook.

    Args:
        name: path of the notebook from the root.
        entry: what is stored of it.
        code: the hash of its code as it is now.
    """
    files = [("data", "file", "sha256")] + [
        (
            f"[{data}](../datasets/README.md#{data.replace(' ', '-').lower()})",
            f"`{file}`",
            f"`{sum_}`",
        )
        for data, sums in entry["files"].items()
        for file, sum_ in sums.items()
    ]
    age = [] if entry["code"] == code else [OLDER]
    measured = f"[The notebook](../{quote(name)}), measured on {entry['date']}."
    return [
        f"## {name.removesuffix('.ipynb')}",
        " ".join([measured, *age]),
        table(files),
        results_table(entry["rows"]),
    ]
