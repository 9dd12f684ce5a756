"""A process that makes runs of experiments, one after the other, each from the same state.

    python -m tools.experiments.worker

It reads a job a line, `{"experiment", "configuration", "seed"}`, and answers each with a line:
`{"metrics", "seconds", "arrays", "data sets"}`, or `{"failure"}` with a sentence. It ends with its
input. What a run prints is not shown.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from typing import Any

from tools.experiments.arrays import Record
from tools.experiments.declare import ExperimentError


def run_job(job: dict[str, Any], record: Record) -> dict[str, Any]:
    """Make one run.

    Raises:
        ExperimentError: its metrics are no finite numbers.
    """
    import keras

    name = job["experiment"]
    module = importlib.import_module(f"experiments.{name}")
    keras.backend.clear_session()
    keras.utils.set_random_seed(job["seed"])
    start = time.process_time()  # other than the time by the clock, the same on a busy computer
    measured = module.run(dict(job["configuration"]), job["seed"])
    seconds = time.process_time() - start
    if not isinstance(measured, dict) or list(measured) != list(module.METRICS):
        raise ExperimentError(f"run must return a dict with {', '.join(module.METRICS)}")
    metrics = {key: float(f"{value:.6g}") for key, value in measured.items()}
    if wrong := [key for key, value in metrics.items() if not math.isfinite(value)]:
        raise ExperimentError(f"{', '.join(wrong)} is no finite number")
    return {
        "metrics": metrics,
        "seconds": round(seconds, 2),
        "arrays": record.arrays,
        "data sets": sorted(record.names),
    }


def main() -> None:
    """Answer jobs until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # only answers go to those who wait for them
    import helpers

    helpers.setup()
    record = Record()
    record.listen()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = run_job(job, record)
        except Exception as error:  # whatever an experiment does wrong
            answer = {"failure": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
