"""Write the generated pages, or only compare them; see tools/docs/__init__.py."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.docs import pages
from tools.docs.tables import DocsError
from tools.notebooks import ROOT, name_of, write_whole


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the pages or, with --check, only compare them; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.docs",
        description="Make the pages about notebooks and labs from these themselves.",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 if a page is out of date"
    )
    check = parser.parse_args(arguments).check
    try:
        stale = {
            path: text
            for path, text in pages(root).items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        }
    except DocsError as error:
        print(error, file=sys.stderr)
        return 1
    for path, text in stale.items():
        name = name_of(path, root)
        if check:
            print(f"{name} is out of date; run: python -m tools.docs", file=sys.stderr)
        else:
            write_whole(path, text)
            print(f"{name} written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
