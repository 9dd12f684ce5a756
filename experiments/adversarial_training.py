"""Is it the attack that makes adversarial training help, and how far does its defence hold?

Three networks learn in every step from 64 images and from 64 copies of them: the same once more,
with noise of 0.1, or attacked by FGSM of 0.1. Each is then attacked within boxes of several sizes.
The seed draws the weights, the order of the images, the noise and the starts of the attacks.
"""

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part2_CNN/5-looking_inside_a_CNN.ipynb"
CONFIGURATIONS = [{"copies": name} for name in ("unchanged", "noise", "FGSM")]
SEEDS = 5
METRICS = {
    "clean": "accuracy on 100 validation images",
    "noise 0.1": "the same with noise, each pixel 0.1 in a random direction",
    "FGSM 0.1": "the same after one step of 0.1",
    "long 0.1": "share of them that withstands two starts of 20 steps within 0.1",
    "long 0.15": "the same within 0.15",
    "long 0.2": "the same within 0.2",
}

lesson = functions(
    NOTEBOOK, "make_network", "WithCopies", "noisy", "fgsm", "is_correct", "withstands"
)


def copies(kind):
    """Return the function that changes a batch in training."""
    return {
        "unchanged": lambda network, x, y: x,
        "noise": lambda network, x, y: lesson.noisy(x, 0.1),
        "FGSM": lambda network, x, y: lesson.fgsm(network, x, y, 0.1),
    }[kind]


def run(configuration, seed):
    """Train one network; return how it fares under noise and attacks."""
    digits = helpers.load_mnist()
    (x_train, y_train), (x_valid, y_valid) = (
        (images[..., None].astype("float32") / 255, labels.astype("int32"))
        for images, labels in (digits.train, digits.valid)
    )
    network = lesson.make_network(lesson.WithCopies)
    network.change = copies(configuration["copies"])
    network.fit(x_train, y_train, batch_size=64, epochs=6, verbose=0)
    x, y = x_valid[:100], y_valid[:100]
    changed = {
        "clean": x,
        "noise 0.1": lesson.noisy(x, 0.1),
        "FGSM 0.1": lesson.fgsm(network, x, y, 0.1),
    }
    found = {name: lesson.is_correct(network, z, y).mean() for name, z in changed.items()}
    for epsilon in (0.1, 0.15, 0.2):
        found[f"long {epsilon}"] = lesson.withstands(network, x, y, epsilon).mean()
    return found
