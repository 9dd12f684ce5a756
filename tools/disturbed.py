"""Execute notebooks on the default data as if another processor did: it rounds sums differently,
and training amplifies that.

    python -m tools.disturbed [NOTEBOOK|FOLDER ...]     (default: every notebook in Part*/)

Gradients are multiplied by 1 + 3e-7 and oneDNN is switched; see tools/disturbance.py. A notebook
passes if no cell raises: what it asserts holds in spite of the disturbance. Outputs are not
compared.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools.notebooks import read, without_outputs
from tools.run import execute, judge_all, parser_of

SOURCE = Path(__file__).resolve().parent / "disturbance.py"
# In a namespace of its own, so that the notebook finds none of its names.
PRELUDE = """\
space = {{"__name__": "disturbance"}}
exec(compile({source!r}, {name!r}, "exec"), space)
space["install"]()
del space
"""


def prelude() -> str:
    """Return the code that disturbs the kernel in which it is executed."""
    return PRELUDE.format(source=SOURCE.read_text(encoding="utf-8"), name=SOURCE.name)


def fault(path: Path) -> str:
    """Execute a notebook, disturbed; return which cell raised and what, or nothing."""
    try:
        book = without_outputs(read(path))
    except ValueError as error:
        return str(error)
    environment = dict(os.environ, COURSE_DATA="default")
    return execute(book, path.parent, environment, prelude=prelude()).failure


def main(arguments: list[str] | None = None) -> int:
    """Print one line a notebook, and return the exit status; see `tools.run.judge_all`."""
    description = "Execute notebooks as a processor would that rounds otherwise."
    paths = parser_of("tools.disturbed", description).parse_args(arguments).paths
    return judge_all(paths, fault, good="holds", bad="does NOT hold")


if __name__ == "__main__":
    sys.exit(main())
