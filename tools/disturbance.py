"""Makes a process compute as another processor would: gradients in Keras and TensorFlow differ in
their last digits, and oneDNN is switched to what it would not have been.

tools.disturbed executes this source in a fresh kernel, before the first cell of a notebook; nothing
else knows of it. `install` must be called before TensorFlow and Keras are imported: it changes them
at the moment of their import.

Covered are all gradients that an optimiser of Keras applies (in `fit`, in `train_on_batch` and in
loops written by hand, eager, in a graph or compiled by XLA), and those that `GradientTape.gradient`
returns without an optimiser. Not covered are `GradientTape.jacobian`, `tf.gradients`, and what
NumPy, SciPy and scikit-learn compute.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

FACTOR = 1 + 3e-7  # in 32 bits: the third number after 1
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
MARK = "_course_disturbed"  # on a gradient that has been changed, so that it is changed once


def disturb(gradient: Any) -> Any:
    """Return a gradient, dense or sparse, times FACTOR; what is no floating-point tensor, or has
    been changed before, is returned as it is."""
    import tensorflow as tf

    if getattr(gradient, MARK, False):
        return gradient
    if isinstance(gradient, tf.IndexedSlices):
        values = disturb(gradient.values)
        changed = tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    elif gradient is not None and tf.as_dtype(gradient.dtype).is_floating:
        changed = gradient * tf.cast(FACTOR, gradient.dtype)
    else:
        return gradient
    setattr(changed, MARK, True)
    return changed


def disturb_optimisers(module: ModuleType) -> None:
    """Let Keras's optimisers apply disturbed gradients."""
    optimizer = module.BaseOptimizer
    apply = optimizer.apply

    @functools.wraps(apply)
    def disturbed_apply(self, grads, trainable_variables=None):
        return apply(self, [disturb(gradient) for gradient in grads], trainable_variables)

    optimizer.apply = disturbed_apply


def disturb_tape(module: ModuleType) -> None:
    """Let TensorFlow's tape return disturbed gradients."""
    tape = module.GradientTape
    gradient = tape.gradient

    @functools.wraps(gradient)
    def disturbed_gradient(self, *arguments, **options):
        import tensorflow as tf

        return tf.nest.map_structure(disturb, gradient(self, *arguments, **options))

    tape.gradient = disturbed_gradient


def switch_onednn() -> None:
    """Set the variable that TensorFlow reads once, when it is imported, to the other value; whoever
    set it before, `helpers.setup` for example, has lost. TensorFlow's own default is on."""
    os.environ[ONEDNN] = "1" if os.environ.get(ONEDNN) in ("0", "false") else "0"


CHANGES: dict[str, Callable[[ModuleType], None]] = {
    "keras.src.optimizers.base_optimizer": disturb_optimisers,
    "tensorflow.python.eager.backprop": disturb_tape,
}


class DisturbingLoader(SourceFileLoader):
    """Loads a module and changes it."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        CHANGES[module.__name__](module)


class DisturbingFinder:
    """Stands before Python's own finders, and lets the modules of CHANGES be changed."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name == "tensorflow":
            switch_onednn()
        if name not in CHANGES:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin:
            spec.loader = DisturbingLoader(name, spec.origin)
        return spec


def install() -> None:
    """Disturb everything that this process imports from now on.

    Raises:
        RuntimeError: TensorFlow or Keras has been imported before.
    """
    too_early = {"tensorflow", "keras"} & sys.modules.keys()
    if too_early:
        names = " and ".join(sorted(too_early))
        raise RuntimeError(f"{names} was imported before it could be disturbed.")
    sys.meta_path.insert(0, DisturbingFinder)
