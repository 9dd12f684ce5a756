"""List the data sets of the course, check their files, fetch originals.

`python course.py data list`, `data check [NAME ...]`, `data fetch NAME ...`. List and check write
and change nothing; for fetch see tools/fetch.py. A file is named as below the course's folder, or
as below COURSE_DATA.
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
from datasets.needs import check_needs
from tools.misplaced import misplaced


def shown(path: Path) -> str:
    """Return a path as below the course's folder or COURSE_DATA, never with the way there."""
    places = {**catalogue.real_folders(), "": catalogue.ROOT}
    name, place = next(
        (name, place) for name, place in places.items() if path.is_relative_to(place)
    )
    return os.path.join(name, path.relative_to(place)).replace(os.sep, "/")


def list_sets() -> int:
    """Print one line a data set: name, what it is, its default, what would be used now, licence."""
    rows = [("NAME", "WHAT IT IS", "DEFAULT", "USED NOW", "LICENCE")]
    for name, dataset in DATASETS.items():
        path, source = catalogue.locate(name)
        used = "nothing, left out"
        if path or dataset.default:
            package = ".".join(dataset.package[:2]) if dataset.package else "no file needed"
            used = f"{shown(path) if path else package} ({source})"
        default = f"{dataset.source}: {dataset.default or 'no default'}"
        rows.append((name, dataset.about, default, used, dataset.licence))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        fields = [field.ljust(width) for field, width in zip(row, widths, strict=True)]
        print("  ".join(fields).rstrip())
    places = ", then ".join(catalogue.real_folders()) or "no folder, as COURSE_DATA says default"
    print(f"\nReal files are looked for in: {places}.")
    return 0


def packaged(dataset: DataSet) -> Any:
    """Load the inputs of a data set inside a package; DataError if they are not as is known."""
    module, function, shape = dataset.package
    try:
        found = getattr(importlib.import_module(module), function)()
        inputs = found["data"] if isinstance(found, dict) else found[0]
    except Exception as error:  # whatever a package raises, the user gets a sentence
        raise DataError(
            f"{function}: loading failed with {type(error).__name__}; expected the packages of "
            "requirements.txt."
        ) from None
    if inputs.shape != shape:
        raise DataError(f"{function}: the inputs have shape {inputs.shape}; expected {shape}.")
    return inputs


def size(data: Any) -> str:
    """Say the size of what a file holds in words: 10,000 rows, 14 columns."""
    if isinstance(data, readers.BloodCells):
        data = data.images
    if isinstance(data, readers.SpokenDigits):
        data = data.digits
    rows, *others = (f"{n:,}" for n in data.shape)
    if len(others) == 1:
        return f"{rows} rows, {others[0]} column{'' if others[0] == '1' else 's'}"
    return f"{rows} rows" + (f" of {' x '.join(others)}" if others else "")


def check_file(name: str, file: str, read: Callable[[], Any]) -> Any:
    """Read one file and print a line: ok and its size, or what is wrong; return its content.

    None if something is wrong.
    """
    content = None
    try:
        content = read()
        line = f"ok     {name}: {file}: {size(content)}"
    except DataError as error:  # the sentence names the file; here it is named with its folder
        line = f"error  {name}: {file}: {str(error).split(': ', 1)[1]}"
    print(line, flush=True)
    return content


def check_set(name: str) -> Iterator[bool]:
    """Check all files of a data set, and say for each whether it is right.

    These are real files that are there, those that are missing beside them, and the defaults. Where
    all real files are right, it is also said if notebooks could not use them, and where some are
    missing, which files look like them.
    """
    dataset = DATASETS[name]
    for folder_name, folder in catalogue.real_folders().items():
        try:
            files = catalogue.real_files(name, folder)
        except DataError as error:
            print(f"error  {name}: {folder_name}/{error}")
            yield False
            continue
        contents = [
            check_file(name, shown(path), partial(readers.read_file, file, path))
            for file, path in zip(dataset.real, files, strict=False)
        ]
        yield from (content is not None for content in contents)
        if contents and all(content is not None for content in contents):
            try:
                check_needs(name, files, contents)
            except DataError as error:
                file, sentence = str(error).split(": ", 1)
                place = shown(files[0].parent / Path(file).name)
                print(f"error  {name}: {place}: {sentence}", flush=True)
                yield False
        for path, advice, file in misplaced(name, folder):
            print(f"note   {name}: {shown(path)} is not used; {advice} {folder_name}/{file}.")
    for file in dataset.default_files:
        read = partial(readers.read_file, file, catalogue.ROOT / file)
        yield check_file(name, file, read) is not None
    if dataset.package:
        file = ".".join(dataset.package[:2])
        yield check_file(name, file, partial(packaged, dataset)) is not None


def check_sets(names: list[str]) -> int:
    """Check all files of some data sets, a line each; return 1 if one is wrong, else 0."""
    right = [is_right for name in names for is_right in check_set(name)]
    given, folder = next(iter(catalogue.real_folders().items()), ("datasets/real", None))
    if given != "datasets/real" and not any(
        catalogue.real_files(name, folder) for name in DATASETS
    ):
        known = ", ".join(file for dataset in DATASETS.values() for file in dataset.real)
        print(f"note   {given} holds none of the files that the course knows: {known}")
    failed = right.count(False)
    print(f"{len(right)} checked, {failed} failed.")
    return int(failed > 0)


def main(arguments: list[str] | None = None) -> int:
    """Run `list`, `check [NAME ...]` or `fetch NAME ...`.

    Returns:
        The exit status: 1 if a file or COURSE_DATA is wrong.
    """
    names = ", ".join(DATASETS)
    parser = argparse.ArgumentParser(
        prog="course.py data",
        description="What each data set is, which file would be used, and whether files are right.",
    )
    parser.add_argument("command", choices=["list", "check", "fetch"])
    words = f"check these only: {names} (default: all); or fetch these"
    parser.add_argument("name", nargs="*", help=words)
    chosen = parser.parse_args(arguments)
    # A bad file may hold characters that the terminal cannot show.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if chosen.command == "fetch":
            from tools import fetch  # its packages are imported only here

            if not chosen.name:
                originals = ", ".join(fetch.ORIGINALS)
                parser.error(f"fetch needs a NAME: {originals} (a name with a blank in quotes)")
            return max([fetch.fetch(name) for name in chosen.name])
        for name in chosen.name:
            catalogue.locate(name)  # says so if there is no such set
        if chosen.command == "list":
            return list_sets()
        return check_sets(chosen.name or list(DATASETS))
    except DataError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        fetching = chosen.command == "fetch"
        print("Stopped; nothing half-fetched was kept." if fetching else "Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
