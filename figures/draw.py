"""Draw the schematics: `python -m figures.draw`; see figures/__init__.py."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from figures import (
    ann,
    classifiers,
    convolution,
    course,
    functional,
    learning,
    looking,
    optimisation,
    output_layers,
    perceptron,
    tuning,
)
from figures.faults import faults
from figures.style import Schematic

FOLDER = Path(__file__).resolve().parent
MODULES = (
    course,
    perceptron,
    learning,
    ann,
    output_layers,
    classifiers,
    tuning,
    optimisation,
    functional,
    convolution,
    looking,
)


def schematics() -> dict[str, Schematic]:
    """Return every schematic by its name.

    Raises:
        ValueError: two have the same name.
    """
    found: dict[str, Schematic] = {}
    for module in MODULES:
        for value in vars(module).values():
            if isinstance(value, Schematic):
                if value.name in found:
                    raise ValueError(f"Two schematics are called {value.name!r}.")
                found[value.name] = value
    return found


def embedded(one: Schematic) -> str:
    """Return the Markdown by which a notebook shows a schematic."""
    return f"![{one.description}](../figures/{one.name}.svg)"


def problems(folder: Path = FOLDER) -> list[str]:
    """Return a sentence for each stored file that is not as it would be drawn, or not legible."""
    drawn = {f"{name}.svg": one.svg() for name, one in schematics().items()}
    stored = {path.name: path.read_bytes() for path in folder.glob("*.svg")}
    found = [f"{name} is drawn by nothing." for name in sorted(set(stored) - set(drawn))]
    for name, svg in drawn.items():
        if name not in stored:
            found.append(f"{name} is not there: python -m figures.draw makes it.")
        elif stored[name] != svg.encode():
            found.append(f"{name} is not what is drawn now: python -m figures.draw makes it.")
        found += [f"{name}: {sentence}" for sentence in faults(svg)]
    return found


def main(arguments: list[str] | None = None) -> int:
    """Draw, check or list schematics; return 0, 1 for faults found, 2 for wrong arguments."""
    known = schematics()
    parser = argparse.ArgumentParser(
        prog="python -m figures.draw", description="Draw the schematics of the course."
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="default: all of them")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--check", action="store_true", help="compare the files, draw nothing")
    kind.add_argument("--list", action="store_true", help="print how a notebook embeds each")
    options = parser.parse_args(arguments)
    if options.check:
        if options.names:
            parser.error("--check looks at all schematics; it takes no names.")
        found = problems()
        print("\n".join(found) or f"All {len(known)} schematics are as drawn, and legible.")
        return int(bool(found))
    if unknown := sorted(set(options.names) - set(known)):
        parser.error(f"no schematic is called {', '.join(unknown)}; there are {', '.join(known)}.")
    chosen = [known[name] for name in options.names] or list(known.values())
    if options.list:
        print("\n".join(embedded(one) for one in chosen))
        return 0
    found = []
    for one in chosen:
        svg = one.svg()
        (FOLDER / f"{one.name}.svg").write_bytes(svg.encode())
        found += [f"{one.name}.svg: {sentence}" for sentence in faults(svg)]
    print("\n".join([f"Drawn: {', '.join(one.name for one in chosen)}.", *found]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
