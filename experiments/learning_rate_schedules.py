"""Does it help to change the learning rate during training?

The network of the lesson is trained with momentum for 20 epochs with three schedules, each at four
peaks. The seed draws the weights and the order of the images.
"""

import keras

from experiments.optimisers import finite
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/5-optimisation.ipynb"
CONFIGURATIONS = [
    {"schedule": schedule, "peak": peak}
    for schedule in ("constant", "cosine", "warm-up, cosine")
    for peak in (0.01, 0.03, 0.1, 0.3)
]
SEEDS = 5
EPOCHS, STEPS_PER_EPOCH = 20, 40  # 1,257 images in batches of 32
METRICS = {
    "training loss": "cross-entropy, a mean over the last epoch; at most 10",
    "validation loss": "cross-entropy over the validation images after the last epoch",
    "validation accuracy": "share of the validation images that are named correctly",
}

lesson = functions(NOTEBOOK, "load_split", "make_network", "make_schedule")


def run(configuration, seed):
    """Train the network once with a schedule; return its losses and its accuracy."""
    x, y, x_valid, y_valid, *_ = lesson.load_split()
    steps = EPOCHS * STEPS_PER_EPOCH
    schedule = lesson.make_schedule(configuration["schedule"], configuration["peak"], steps)
    network = lesson.make_network(keras.optimizers.SGD(schedule, momentum=0.9))
    history = network.fit(x, y, batch_size=32, epochs=EPOCHS, verbose=0).history
    loss, accuracy = network.evaluate(x_valid, y_valid, verbose=0)
    return {
        "training loss": finite(history["loss"][-1]),
        "validation loss": finite(loss),
        "validation accuracy": accuracy,
    }
