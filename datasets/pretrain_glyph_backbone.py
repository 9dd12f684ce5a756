"""Train a network to name rendered characters, and write it to glyph_backbone.keras.

A notebook takes its lower layers from there.

    python -m datasets.pretrain_glyph_backbone [FILE]

The default is datasets/glyph_backbone.keras; it takes a few minutes on two cores.

Run it in the course's folder. Everything random is seeded: on one machine two runs give the same
weights; on another processor the last digits differ.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import helpers
from datasets.render_glyphs import CHARACTERS, SIZE, render_glyphs

if TYPE_CHECKING:  # Keras itself is imported where it is used, after helpers.setup
    import keras

SEED = 2026
# Of the pictures on which the network is scored; those of training have SEED, SEED + 1, ...
HELD_OUT_SEED = 1
FILE = Path(__file__).with_name("glyph_backbone.keras")


def glyph_network() -> keras.Model:
    """Return the untrained network.

    A strided convolution, two residual blocks, the mean of each feature map, a score a character.

    It takes pictures (n, 28, 28, 1) with ink from 0 to 1. Its layer `features` gives 48 numbers a
    picture. The scores are logits: a softmax of them gives probabilities. The architecture is that
    of Part2_CNN/2-CNN.ipynb, which checks that the two are the same.
    """
    from keras import Input, Model, layers

    def convolution(maps, filters, size, strides):
        maps = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(maps)
        return layers.BatchNormalization(momentum=0.9)(maps)

    pictures = Input((SIZE, SIZE, 1))
    maps = layers.ReLU()(convolution(pictures, 16, 5, 2))
    for filters in (24, 48):
        shortcut = layers.Conv2D(filters, 1, strides=2, padding="same")(maps)
        maps = layers.ReLU()(convolution(maps, filters, 3, 2))
        maps = layers.ReLU()(layers.Add()([convolution(maps, filters, 3, 1), shortcut]))
    features = layers.GlobalAveragePooling2D(name="features")(maps)
    return Model(pictures, layers.Dense(len(CHARACTERS))(features))


def pretrain(pictures: int = 50_000, passes: int = 6) -> tuple[keras.Model, list[float]]:
    """Train the network on glyphs that are drawn anew for each pass.

    The learning rate falls along a cosine.

    Args:
        pictures: how many glyphs are drawn for each pass, at least 64.
        passes: how often.

    Returns:
        The network, and the mean loss (cross-entropy) of each pass.
    """
    import keras

    keras.utils.set_random_seed(SEED)
    network, losses = glyph_network(), []
    rate = keras.optimizers.schedules.CosineDecay(0.006, decay_steps=passes * -(-pictures // 64))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(
        keras.optimizers.Adam(rate),
        loss=loss,
        metrics=["accuracy"],
        steps_per_execution=10,
        jit_compile=False,
    )
    for n in range(passes):
        x, y = as_inputs(*render_glyphs(pictures, SEED + n))
        losses += network.fit(x, y, batch_size=64, shuffle=False, verbose=0).history["loss"]
    return network, losses


def as_inputs(pictures: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures as the network takes them, float32 (n, 28, 28, 1) from 0 to 1, and labels."""
    return pictures[..., None].astype("float32") / 255, labels


def main(file: Path) -> None:
    """Train, score on other glyphs, and write the network without its optimiser's memory."""
    helpers.setup(SEED)
    network, losses = pretrain()
    accuracy = network.evaluate(*as_inputs(*render_glyphs(5000, HELD_OUT_SEED)), verbose=0)[1]
    print(
        f"Loss of each pass: {', '.join(f'{loss:.2f}' for loss in losses)}. "
        f"Accuracy on 5,000 held-out glyphs: {accuracy:.3f}."
    )
    bare = glyph_network()  # without the optimiser, whose memory is twice as large as the weights
    bare.set_weights(network.get_weights())
    bare.save(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
