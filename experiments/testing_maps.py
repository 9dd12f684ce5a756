"""Do heat maps depend on what a network has learned, and point at what matters?

A network is trained; its maps are compared with those of another trained network and of random
weights, by rank correlation. Then the hottest square of each map is painted white or inverted, and
so are squares of the same size that are chosen without the network. The seed draws the weights and
the order of the images.
"""

import numpy as np

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part2_CNN/5-looking_inside_a_CNN.ipynb"
CONFIGURATIONS = [{"size": 7}]
SEEDS = 5
METHODS = ("saliency", "Grad-CAM", "without average")
OTHERS = {
    "another trained": "that of a second trained network",
    "last layer random": "that from a random last layer",
    "all random": "that from random weights",
    "the ink": "the image itself",
}
SQUARES = {
    "saliency": "most saliency",
    "gradient x pixel": "the largest sum of gradient times pixel",
    "Grad-CAM": "most heat by Grad-CAM",
    "without average": "most heat by Grad-CAM without the average over positions",
    "random saliency": "most saliency of random weights",
    "random Grad-CAM": "most heat by Grad-CAM of random weights",
    "most ink": "most ink",
    "random, on the ink": "a random pixel of ink",
    "uniform": "a random place",
}
METRICS = (
    {
        f"{method}, {other}": f"mean rank correlation of the trained network's map with {meaning}"
        for method in METHODS
        for other, meaning in OTHERS.items()
    }
    | {"whole": "accuracy of the trained network on 200 validation images"}
    | {
        f"{name}, {how}": f"the same with the square of {meaning} {how}"
        for name, meaning in SQUARES.items()
        for how in ("white", "inverted")
    }
)
NAMES = "make_network score_gradient saliency grad_cam rank_correlation is_correct"

lesson = functions(NOTEBOOK, *NAMES.split(), "hottest_patch", "change_patch", "rival_maps")


def maps_of(network, x, y):
    """Return the maps of a network by method."""
    return {
        "saliency": lesson.saliency(network, x, y),
        "Grad-CAM": lesson.grad_cam(network, x, y),
        "without average": lesson.grad_cam(network, x, y, average=False),
    }


def run(configuration, seed):
    """Train a network; return how alike its maps are, and what their squares do."""
    digits = helpers.load_mnist()
    (x_train, y_train), (x_valid, y_valid) = (
        (images[..., None].astype("float32") / 255, labels.astype("int32"))
        for images, labels in (digits.train, digits.valid)
    )
    network, fresh, last_random, another = (lesson.make_network() for _ in range(4))
    for trained in (network, another):
        trained.fit(x_train, y_train, batch_size=64, epochs=6, verbose=0)
    last_random.set_weights(network.get_weights()[:-2] + fresh.get_weights()[-2:])
    x, y = x_valid[:200], y_valid[:200]
    rivals = lesson.rival_maps(x)
    maps = maps_of(network, x, y)
    of_random = maps_of(fresh, x, y)
    others = {
        "another trained": maps_of(another, x, y),
        "last layer random": maps_of(last_random, x, y),
        "all random": of_random,
        "the ink": dict.fromkeys(METHODS, rivals["most ink"]),
    }
    found = {}
    for method in METHODS:
        for name, those in others.items():
            likeness = lesson.rank_correlation(maps[method], those[method])
            found[f"{method}, {name}"] = np.mean(likeness)
        maps[f"random {method}"] = of_random[method]
    maps["gradient x pixel"] = (lesson.score_gradient(network, x, y) * x).numpy()[..., 0]
    maps |= rivals
    patched = [x]
    for name in SQUARES:
        corners = lesson.hottest_patch(maps[name], configuration["size"])
        for invert in (False, True):
            patched.append(lesson.change_patch(x, corners, configuration["size"], invert))
    correct = lesson.is_correct(network, np.concatenate(patched), np.tile(y, len(patched)))
    names = ["whole", *(f"{name}, {how}" for name in SQUARES for how in ("white", "inverted"))]
    found |= dict(zip(names, correct.reshape(len(names), -1).mean(axis=1), strict=True))
    return {name: found[name] for name in METRICS}
