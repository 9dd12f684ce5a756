"""Print the blemishes of notebooks; see tools/lint/__init__.py."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import notebooks
from tools.lint import blemishes


def main(arguments: list[str] | None = None) -> int:
    """Print one line a blemish; return 0 if there is none, 1 if there are some, 2 for wrong
    arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.lint",
        description="Check notebooks by the course's rules, without executing them.",
    )
    parser.add_argument(
        "paths",
        metavar="NOTEBOOK|FOLDER",
        nargs="*",
        type=Path,
        help="default: every notebook in Part*/",
    )
    try:
        paths = notebooks.find(parser.parse_args(arguments).paths)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    total = 0
    for path in paths:
        try:
            found = blemishes(notebooks.read(path), path)
        except (OSError, ValueError) as error:
            found = [("readable", str(error))]
        total += len(found)
        for rule, sentence in found:
            print(f"{notebooks.name_of(path)}: {sentence} ({rule})", flush=True)
    print(f"{_count(len(paths), 'notebook')}, {_count(total, 'blemish', 'blemishes')}.")
    return 1 if total else 0


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number or 'no'} {one if number == 1 else several or one + 's'}"


if __name__ == "__main__":
    sys.exit(main())
