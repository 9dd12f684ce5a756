"""List the data sets of the course, check their files, fetch originals: `python course.py data list`, `data check [NAME ...]`, `data fetch NAME ...`.

List and check write and change nothing; for fetch see tools/fetch.py. A file is named as below the course's folder, or as below COURSE_DATA.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from datasets import catalogue, readers
from datasets.catalogue import DATASETS, DataSet
from datasets.formats import DataError


def shown(path: Path) -> str:
    """Return a path as below the course's folder or as below COURSE_DATA, never with the way there."""
    places = {**catalogue.real_folders(), "": catalogue.ROOT}
    return next(
        os.path.join(name, path.relative_to(place))
        for name, place in places.items()
        if path.is_relative_to(place)
    ).replace(os.sep, "/")


def list_sets() -> int:
    """Print one line a data set: its name, what it is, its default, what would be used now, its licence."""
    rows = [("NAME", "WHAT IT IS", "DEFAULT", "USED NOW", "LICENCE")]
    for name, dataset in DATASETS.items():
        path, source = catalogue.locate(name)
        used = (
            f"{shown(path) if path else '.'.join((dataset.package or ('no file needed',))[:2])} ({source})"
            if path or dataset.default
            else "nothing, left out"
        )
        rows.append(
            (
                name,
                dataset.about,
                f"{dataset.source}: {dataset.default or 'no default'}",
                used,
                dataset.licence,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(field.ljust(width) for field, width in zip(row, widths)).rstrip())
    print(
        "\nReal files are looked for in: "
        + (", then ".join(catalogue.real_folders()) or "no folder, as COURSE_DATA says default")
        + "."
    )
    return 0


def checks(names: list[str]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield, for every file that is there, for missing ones beside it and for every default, the set, the file and what reads it."""
    for name in names:
        dataset = DATASETS[name]
        for folder in catalogue.real_folders().values():
            if any(catalogue.is_there(folder / file) for file in dataset.real):
                yield from (
                    (name, shown(folder / file), partial(readers.read_file, file, folder / file))
                    for file in dataset.real
                )
        for file in dataset.default_files:
            yield name, file, partial(readers.read_file, file, catalogue.ROOT / file)
        if dataset.package:
            yield name, ".".join(dataset.package[:2]), partial(packaged, dataset)


def packaged(dataset: DataSet) -> Any:
    """Load the inputs of a data set that lies inside a package; DataError if that fails or they are not of the known size."""
    module, function, shape = dataset.package
    try:
        found = getattr(importlib.import_module(module), function)()
        inputs = found["data"] if isinstance(found, dict) else found[0]
    except Exception as error:  # whatever a package raises, the user gets a sentence
        raise DataError(
            f"{function}: loading failed with {type(error).__name__}; expected the packages of requirements.txt."
        ) from None
    if inputs.shape != shape:
        raise DataError(f"{function}: the inputs have shape {inputs.shape}; expected {shape}.")
    return inputs


def size(data: Any) -> str:
    """Say the size of an array or table in words: 10,000 rows, 14 columns."""
    shape = [f"{n:,}" for n in data.shape]
    return f"{shape[0]} rows" + {1: "", 2: f", {shape[-1]} column{'s' * (shape[-1] != '1')}"}.get(
        len(shape), f" of {' x '.join(shape[1:])}"
    )


def check_sets(names: list[str]) -> int:
    """Read every file and print one line each: ok and its size, or what is wrong; return 1 if anything is, else 0."""
    failed = done = 0
    for name, file, read in checks(names):
        try:
            line = f"ok     {name}: {file}: {size(read())}"
        except DataError as error:  # the sentence names the file; here it is named with its folder
            line, failed = f"error  {name}: {file}: {str(error).split(': ', 1)[1]}", failed + 1
        print(line, flush=True)
        done += 1
    folders, real = (
        catalogue.real_folders(),
        [file for dataset in DATASETS.values() for file in dataset.real],
    )
    given = next(iter(folders), "datasets/real")
    if given != "datasets/real" and not any(
        catalogue.is_there(folders[given] / file) for file in real
    ):
        print(f"note   {given} holds none of the files that the course knows: {', '.join(real)}")
    print(f"{done} checked, {failed} failed.")
    return int(failed > 0)


def main(arguments: list[str] | None = None) -> int:
    """Run `list`, `check [NAME ...]` or `fetch NAME ...`; return the exit status: 1 if a file or COURSE_DATA is wrong."""
    parser = argparse.ArgumentParser(
        prog="course.py data",
        description="What each data set is, which file would be used, and whether files are right.",
    )
    parser.add_argument("command", choices=["list", "check", "fetch"])
    parser.add_argument(
        "name",
        nargs="*",
        help=f"check these only: {', '.join(DATASETS)} (default: all); or fetch these",
    )
    chosen = parser.parse_args(arguments)
    sys.stdout.reconfigure(
        errors="backslashreplace"
    )  # a bad file may hold characters that the terminal cannot show
    try:
        if chosen.command == "fetch":
            from tools import fetch  # its packages are imported only here

            if not chosen.name:
                parser.error(
                    f"fetch needs a NAME: {', '.join(fetch.ORIGINALS)} (a name with a blank in quotes)"
                )
            return max([fetch.fetch(name) for name in chosen.name])
        for name in chosen.name:
            catalogue.locate(name)  # says so if there is no such set
        return (
            list_sets() if chosen.command == "list" else check_sets(chosen.name or list(DATASETS))
        )
    except DataError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        print(
            "Stopped; nothing half-fetched was kept." if chosen.command == "fetch" else "Stopped."
        )
        return 130


if __name__ == "__main__":
    sys.exit(main())
