"""Live progress of a cell that takes its time, for whoever sits before the notebook.

It is shown only where the front end lets code ask questions (`allow_stdin` of Jupyter's execute
request), as JupyterLab, VS Code and Colab do, and not where nobody watches, as under nbclient,
nbconvert and nbval. When it ends nothing of it is left: a notebook is stored as if it had never
been there. `helpers` hands on what is meant for notebooks.
"""

from __future__ import annotations

import html
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from IPython import get_ipython

if TYPE_CHECKING:
    import keras

Item = TypeVar("Item")
WAIT_S = 0.5  # what is over sooner shows nothing
EVERY_S = 0.25  # how often the line is drawn again


def progress(iterable: Iterable[Item], description: str = "") -> Iterator[Item]:
    """Yield what an iterable yields, showing how much of it is done and how long the rest takes.

    Args:
        iterable: if it has a length, the time that remains is told.
        description: stands first in the line.
    """
    if not watched():
        yield from iterable
        return
    line = _Line(description, len(iterable) if hasattr(iterable, "__len__") else None)
    try:
        for done, item in enumerate(iterable):
            line.show(done)
            yield item
    finally:
        line.end()


def LiveProgress(description: str = "training") -> keras.callbacks.Callback:
    """Make a Keras callback that shows epoch, losses and remaining time while `fit` runs.

    Args:
        description: stands first in the line.
    """
    import keras  # slow to import

    if not watched():
        return keras.callbacks.Callback()

    class Live(keras.callbacks.Callback):
        """Shows a line from the start of the training to its end."""

        def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
            self.line = _Line(description, self.params["epochs"], "epoch")
            self.losses = ""
            self.epoch = 0

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            steps = self.params["steps"]
            self.line.show(self.epoch + ((batch + 1) / steps if steps else 0), self.losses)

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            names = {"loss": "loss", "val_loss": "validation loss"}
            found = [f"{name} {logs[key]:.4g}" for key, name in names.items() if key in logs]
            self.epoch, self.losses = epoch + 1, ", ".join(found)
            self.line.show(self.epoch, self.losses)

        def on_train_end(self, logs: dict[str, float] | None = None) -> None:
            self.line.end()

    return Live()


def watched() -> bool:
    """Say whether somebody sits before the notebook in which this is executed."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return False
    return bool(kernel.get_parent("shell").get("content", {}).get("allow_stdin"))


class _Line:
    """One line of progress.

    Args:
        description: what is done.
        total: of how many steps; None if that is not known.
        unit: what a step is called.
    """

    def __init__(self, description: str, total: int | None, unit: str = "") -> None:
        self.description = description
        self.total = total
        self.unit = unit
        self.start = time.monotonic()
        self.next = self.start + WAIT_S  # when it may be drawn (again)
        self.screen = _screen()

    def show(self, done: float, more: str = "") -> None:
        """Draw the line, unless that was just done.

        Args:
            done: how many steps; a part of one counts as well.
            more: stands after them.
        """
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + EVERY_S
        self.screen.draw(self, done, self._text(done, now - self.start, more))

    def _text(self, done: float, seconds: float, more: str) -> str:
        # The step that is being done is counted from 1, as epochs are.
        count = f"{self.unit} {min(int(done) + 1, self.total or sys.maxsize)}".strip()
        count += f" of {self.total}" if self.total else ""
        times = f"{seconds:.0f} s"
        if self.total and done:
            times += f", {seconds / done * (self.total - done):.0f} s left"
        head = f"{self.description}: " if self.description else ""
        return head + ", ".join(filter(None, [count, more, times]))

    def end(self) -> None:
        """Take the line away."""
        self.screen.remove(self)


class _Screen:
    """The lines of progress of the cell that runs, and what else the cell has shown so far.

    Jupyter takes an output back only together with all others of its cell. So these are noted, and
    shown again when the last line has been taken away.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.lines: dict[_Line, tuple[float, str]] = {}  # how much of each is done, and its text
        self.display_id = ""  # of the output in which the lines stand; empty if there is none
        self.noted: list[tuple[str, Any]] = []  # a stream's name and text, or a message's content
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)
        shell.display_pub.register_hook(self._note)
        self.writes: dict[Any, Callable[[str], int]] = {}  # how streams are written otherwise
        self._begin(None)

    def _begin(self, info: Any) -> None:
        self.lines, self.display_id, self.noted = {}, "", []
        self.writes = {stream: self._note_stream(stream) for stream in (sys.stdout, sys.stderr)}

    def _end(self, result: Any) -> None:
        """Blank the lines of a cell that did not end them, as after Ctrl-C; its error, which is not
        noted, must not be cleared away with them."""
        if self.display_id:
            self._publish({"text/plain": ""}, update=True)
            self.lines, self.display_id = {}, ""
        for stream, write in self.writes.items():  # else there would be one more with each cell
            stream.write = write

    def _note(self, message: dict[str, Any]) -> dict[str, Any]:
        """Note what the cell displays, by a hook that sees every message."""
        content = message["content"]
        kind = message["header"]["msg_type"]
        if kind == "clear_output":
            self.noted = []
        elif content.get("transient", {}).get("display_id") != (self.display_id or None):
            self.noted.append((kind, content))
        return message

    def _note_stream(self, stream: Any) -> Callable[[str], int]:
        """Note what is written to a stream; return how it was written before."""
        name, write = stream.name, stream.write

        def noting(text: str) -> int:
            self.noted.append((name, text))
            return write(text)

        stream.write = noting
        return write

    def draw(self, line: _Line, done: float, text: str) -> None:
        """Show a line, beside those that are there."""
        self.lines[line] = done, text
        self._draw()

    def _draw(self) -> None:
        rows = []
        for line, (done, text) in self.lines.items():
            bar = f'<progress value="{done}" max="{line.total}"></progress> ' if line.total else ""
            rows.append(f"<div>{bar}{html.escape(text)}</div>")
        texts = [text for _, text in self.lines.values()]
        is_new = not self.display_id
        self.display_id = self.display_id or uuid.uuid4().hex
        data = {"text/html": "".join(rows), "text/plain": "\n".join(texts)}
        self._publish(data, update=not is_new)

    def _publish(self, data: dict[str, str], update: bool) -> None:
        identity = {"display_id": self.display_id}
        self.shell.display_pub.publish(data, transient=identity, update=update)

    def remove(self, line: _Line) -> None:
        """Take a line away; with the last one the cell is left as it would be without any."""
        if self.lines.pop(line, None) is None or not self.display_id:
            return
        if self.lines:
            self._draw()
            return
        noted, self.display_id = self.noted, ""
        # With nothing to be shown again there would be nothing to wait for.
        self.shell.display_pub.clear_output(wait=bool(noted))
        for kind, content in noted:
            if kind in ("stdout", "stderr"):
                getattr(sys, kind).write(content)
            else:
                self.shell.display_pub.publish(
                    content["data"],
                    content["metadata"],
                    transient=content["transient"],
                    update=kind == "update_display_data",
                )


def _screen() -> _Screen:
    """Return the screen of this kernel, which sees what is displayed from its first call on."""
    shell = get_ipython()
    if not hasattr(shell, "course_screen"):
        shell.course_screen = _Screen(shell)
    return shell.course_screen


if watched():
    _screen()  # so that it knows what a cell has shown before its first line of progress
