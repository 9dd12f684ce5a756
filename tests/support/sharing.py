"""What several processes that share the tests need, made by one of them."""

import json
import os
import time

PATIENCE_S = 300


def once(tmp_path_factory, name, make):
    """Return what a function returns that is called in one process only: the first that asks.

    Args:
        tmp_path_factory: pytest's fixture.
        name: of what is made; no other may be called so.
        make: gets an empty folder, to which what it makes may be written, and returns what JSON
            can hold.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # which all processes of this run have in common
    folder, made = root / name, root / f"{name}.json"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + PATIENCE_S
        while not made.exists():
            assert time.monotonic() < end, f"the other process has not made {folder}"
            time.sleep(0.1)
    else:
        part = made.with_suffix(".part")
        part.write_text(json.dumps(make(folder)), encoding="utf-8")
        part.replace(made)
    return json.loads(made.read_text(encoding="utf-8"))
