"""Reads what comes out of a sandbox without trusting it: bounded in size and depth before it is
parsed, signed by the driver, once for each cell and in the order of the cells."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field

import nbformat

DEEPEST = 100  # brackets within brackets
LARGEST = 4  # times the output of a cell: one record, written as JSON
MARK = b'"(?:[^"\\\\]|\\\\.)*"'  # a string, with what is escaped in it
ODD_OUTPUT = "What this cell has put out is no sound output."


@dataclass
class Records:
    """What a driver has told.

    Attributes:
        outputs: the outputs of each cell in nbformat's form, None for a cell that did not come to
            its end.
        end: the driver's reason for an early end; None if it has not come to its end.
        waited: seconds that the code has waited for a processor.
        strange: how many records did not come from the driver, or came twice.
    """

    outputs: list[list[dict] | None]
    end: str | None = None
    waited: float = 0.0
    strange: int = field(default=0)


def depth(text: bytes) -> int:
    """Return how deep brackets in a JSON text are nested, up to a little more than is allowed."""
    now = deepest = 0
    for bracket in re.findall(rb"[\[\]{}]", re.sub(MARK, b"", text)):
        now += 1 if bracket in b"[{" else -1
        deepest = max(deepest, now)
        if deepest > DEEPEST:
            break
    return deepest


def harmless(value: object, level: int = 0) -> object:
    """Return a value of JSON with nothing in it that breaks what is done with it later: characters
    that no file can hold are replaced, and what is nested too deeply is left out."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode().replace("\0", "\ufffd")
    if isinstance(value, list | dict) and level >= DEEPEST:
        return None
    if isinstance(value, list):
        return [harmless(part, level + 1) for part in value]
    if isinstance(value, dict):
        return {str(harmless(k)): harmless(part, level + 1) for k, part in value.items()}
    return value


def parse(text: bytes, most: int) -> dict | None:
    """Return the record in a line; None if there is no sound one.

    Args:
        text: the line, without its signature.
        most: bytes that it may have.
    """
    if len(text) > most or depth(text) > DEEPEST:
        return None
    try:
        # No number of JSON's is called NaN or Infinity.
        record = json.loads(text.decode(errors="replace"), parse_constant=lambda name: None)
    except (ValueError, RecursionError):  # also a number of too many digits
        return None
    return harmless(record) if isinstance(record, dict) else None


def read_records(written: bytes, cells: int, key: str, most: int) -> Records:
    """Return what the driver has told.

    Args:
        written: all that has come; what follows the last end of a line was cut off.
        cells: how many cells there are.
        key: what the driver signs with.
        most: bytes of output of one cell.
    """
    told = Records([None] * cells)
    following = 0
    for line in written.split(b"\n")[:-1]:
        sign, _, text = line.partition(b" ")
        right = hmac.new(key.encode(), text.strip(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(sign, right.encode()):
            told.strange += 1
            continue
        record = parse(text, LARGEST * most)
        if record is not None and isinstance(record.get("end"), str) and told.end is None:
            told.end, told.waited = record["end"], float(record.get("waited") or 0)
        elif told.end is not None or following >= cells:
            told.strange += 1
        elif record is None or record.get("cell") == following:
            outputs = record.get("outputs") if record else None
            told.outputs[following] = outputs if sound(outputs) else [odd_output()]
            following += 1
        else:
            told.strange += 1
    return told


def odd_output() -> dict:
    """Return what stands in the place of outputs that are none."""
    return nbformat.v4.new_output("error", ename="OddOutput", evalue=ODD_OUTPUT, traceback=[])


def sound(outputs: object) -> bool:
    """Say whether these are outputs of a cell in nbformat's form; what comes out of a sandbox may
    be anything."""
    if not isinstance(outputs, list):
        return False
    try:
        cell = nbformat.v4.new_code_cell(outputs=[nbformat.from_dict(output) for output in outputs])
        nbformat.validate(cell, ref="code_cell", version=4)
    except Exception:
        return False
    return True
