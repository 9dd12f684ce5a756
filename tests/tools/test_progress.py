"""Live progress: seen by whoever watches, and gone without a trace from what is stored."""

import subprocess
import sys

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import helpers
import progress
from tests.support.small_course import ROOT, book
from tools.notebooks import write

pytestmark = pytest.mark.kernel
HASTE = "import progress\nprogress.WAIT_S = progress.EVERY_S = 0"
PRINTS = """\
import sys
from IPython.display import HTML, display
print("before")
for k in STEPS:
    if k == 1:
        display(HTML("<b>within</b>"), metadata={"alt": "a word"})
        print("oh", file=sys.stderr)
print("after")
k
"""
FIT = """\
import keras, numpy
x, y = numpy.zeros((64, 2), "float32"), numpy.zeros(64, "float32")
network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
network.compile("sgd", loss="mse")
watch = [CALLBACK]
fitted = network.fit(x, y, epochs=3, validation_data=(x, y), callbacks=watch, verbose=0)
print(len(fitted.history["loss"]), "epochs")
"""


class Reader(NotebookClient):
    """Executes a notebook and treats its outputs as JupyterLab does, with or without somebody who
    could answer questions; notes the texts of progress that were to be seen."""

    def __init__(self, *sources, watches):
        manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        super().__init__(book(*sources), km=manager, timeout=60, record_timing=False)
        self.watches = watches
        self.seen = []

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        client.allow_stdin = self.watches
        return client

    def process_message(self, msg, cell, cell_index):
        data = msg["content"].get("data", {})
        if "<progress" in data.get("text/html", ""):
            self.seen.append(data["text/plain"])
        return super().process_message(msg, cell, cell_index)

    def shown(self):
        """Execute; return the outputs of the last cell."""
        self.execute(cwd=str(ROOT))
        return [dict(output) for output in self.nb.cells[-1].outputs]


def outputs(*sources, watches):
    reader = Reader(*sources, watches=watches)
    return reader.shown(), reader.seen


def test_helpers_hand_it_on():
    assert (helpers.progress, helpers.LiveProgress) == (progress.progress, progress.LiveProgress)


def test_where_nobody_watches_nothing_is_shown_and_all_is_yielded():
    assert list(progress.progress(range(3))) == [0, 1, 2]
    assert list(progress.progress(iter("ab"), "letters")) == ["a", "b"]


@pytest.mark.parametrize("watches", [True, False])
def test_a_loop_leaves_what_it_would_leave_without_progress(watches):
    plain, _ = outputs(HASTE, PRINTS.replace("STEPS", "range(4)"), watches=watches)
    steps = 'progress.progress(range(4), "steps <")'
    live, seen = outputs(HASTE, PRINTS.replace("STEPS", steps), watches=watches)
    assert live == plain and len(plain) == 5
    assert [text.partition(",")[0] for text in seen] == (
        [f"steps <: {k} of 4" for k in (1, 2, 3, 4)] if watches else []
    )
    assert not watches or seen[2].endswith(" s left")


def test_lines_within_each_other_are_shown_together():
    nested = (
        "for a in progress.progress('xy', 'outer'):\n"
        "    for b in progress.progress([1, 2], 'inner'):\n"
        "        pass"
    )
    live, seen = outputs(HASTE, nested, watches=True)
    assert live == []
    assert [line.partition(":")[0] for line in seen[2].splitlines()] == ["outer", "inner"]
    assert seen[3].startswith("outer") and "inner" not in seen[3], "the inner one has ended"


def test_a_loop_that_is_left_early_leaves_nothing():
    left = "for k in progress.progress(range(9)):\n    print(k)\n    break"
    live, seen = outputs(HASTE, left, watches=True)
    assert [output["text"] for output in live] == ["0\n"] and len(seen) == 1


def test_what_is_quickly_done_shows_nothing():
    _, seen = outputs("import progress", "list(progress.progress(range(9)))", watches=True)
    assert seen == []


@pytest.mark.parametrize(
    "source",
    [
        "for k in progress.progress(range(3)):\n    print(k)\n    1 / (1 - k)",
        # as a training that is broken off, which does not end its line
        "line = progress._Line('digits', 3)\nline.show(1)\nprint('begun')\n1 / 0",
    ],
)
def test_an_error_stays_to_be_seen(source):
    reader = Reader(HASTE, source, watches=True)
    with pytest.raises(CellExecutionError):
        reader.shown()
    assert reader.seen
    left = reader.nb.cells[-1].outputs
    assert left[-1].output_type == "error" and left[-1].ename == "ZeroDivisionError"
    assert "<progress" not in str([output.get("data") for output in left])


def test_a_cell_that_clears_its_output_itself_has_nothing_put_back():
    cell = (
        "from IPython.display import clear_output\n"
        "print('old')\n"
        "for k in progress.progress(range(2)):\n"
        "    clear_output()\n"
        "    print('new')"
    )
    live, _ = outputs(HASTE, cell, watches=True)
    assert [output["text"] for output in live] == ["new\n"]


def test_a_training_leaves_nothing_and_strict_nbval_finds_what_is_stored(tmp_path):
    # Where somebody watches, it shows; what is then saved is compared where nobody does.
    sources = (
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{HASTE}",
        PRINTS.replace("STEPS", "progress.progress(range(4))").replace(", file=sys.stderr", ""),
        FIT.replace("CALLBACK", "progress.LiveProgress('digits')"),
    )
    reader = Reader(*sources, watches=True)
    assert reader.shown() == [{"output_type": "stream", "name": "stdout", "text": "3 epochs\n"}]
    assert reader.seen[-1].startswith("digits: epoch 3 of 3, loss 0, validation loss 0, ")
    write(tmp_path / "live.ipynb", nbformat.from_dict(reader.nb))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "-q", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=240)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
