"""What one submission may use, and what is said where nothing can hold it to that."""

from __future__ import annotations

from dataclasses import dataclass

MB = 10**6


class SandboxError(Exception):
    """There is no sandbox here that holds. The text is one sentence for the user."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: time of one cell, without what it has waited for a processor; then it is
            interrupted, and the next one starts.
        total_seconds: time of the whole notebook, start included, without what it has waited for a
            processor; then it is killed.
        patience: how many times as long a cell and a notebook may take in all, waiting included.
        memory: bytes, of each process and of all together, files in memory included.
        processes: processes and threads together.
        disk: bytes that may be written, in all.
        output_bytes: output of one cell.
    """

    cell_seconds: float = 30
    total_seconds: float = 180
    patience: float = 3
    memory: int = 3000 * MB
    processes: int = 500
    disk: int = 200 * MB
    output_bytes: int = 1 * MB

    @property
    def longest(self) -> float:
        """Seconds after which a notebook is killed, whatever it has waited for."""
        return self.patience * self.total_seconds
