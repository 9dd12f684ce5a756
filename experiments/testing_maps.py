"""Do saliency and Grad-CAM depend on what a network has learned, and point at what matters?

A network is trained; its maps are compared with those from random weights, by rank correlation.
Then the hottest square of each map is painted white, and so are squares of the same size that are
chosen without the network. The seed draws the weights and the order of the images.
"""

import numpy as np

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part2_CNN/5-looking_inside_a_CNN.ipynb"
CONFIGURATIONS = [{"size": 7}]
SEEDS = 5
LIKENESS = "mean rank correlation of the trained network's map with "
ACCURACY = "accuracy of the trained network on 200 validation images without the square of "
METRICS = {
    "saliency, last layer random": LIKENESS + "that from a random last layer",
    "saliency, all random": LIKENESS + "that from random weights",
    "saliency, the ink": LIKENESS + "the image itself",
    "Grad-CAM, last layer random": LIKENESS + "that from a random last layer",
    "Grad-CAM, all random": LIKENESS + "that from random weights",
    "Grad-CAM, the ink": LIKENESS + "the image itself",
    "whole": "accuracy of the trained network on 200 validation images",
    "Grad-CAM": ACCURACY + "most heat by Grad-CAM",
    "saliency": ACCURACY + "most saliency",
    "random Grad-CAM": ACCURACY + "most heat by Grad-CAM of random weights",
    "random saliency": ACCURACY + "most saliency of random weights",
    "without average": ACCURACY + "most heat by Grad-CAM without the average over positions",
    "most ink": ACCURACY + "most ink",
    "random, on the ink": ACCURACY + "a random pixel of ink",
    "uniform": ACCURACY + "a random place",
}
NAMES = "make_network saliency grad_cam rank_correlation hottest_patch without_patch rival_maps"

lesson = functions(NOTEBOOK, *NAMES.split(), "is_correct")


def run(configuration, seed):
    """Train a network; return how alike its maps are, and what their squares do."""
    digits = helpers.load_mnist()
    (x_train, y_train), (x_valid, y_valid) = (
        (images[..., None].astype("float32") / 255, labels.astype("int32"))
        for images, labels in (digits.train, digits.valid)
    )
    network, fresh, last_random = (lesson.make_network() for _ in range(3))
    network.fit(x_train, y_train, batch_size=64, epochs=6, verbose=0)
    last_random.set_weights(network.get_weights()[:-2] + fresh.get_weights()[-2:])
    x, y = x_valid[:200], y_valid[:200]
    rivals = lesson.rival_maps(x)
    found, maps = {}, {}
    for method, function in (("saliency", lesson.saliency), ("Grad-CAM", lesson.grad_cam)):
        maps[method] = function(network, x, y)
        maps[f"random {method}"] = function(fresh, x, y)
        others = {
            "last layer random": function(last_random, x, y),
            "all random": maps[f"random {method}"],
            "the ink": rivals["most ink"],
        }
        for name, other in others.items():
            likeness = lesson.rank_correlation(maps[method], other)
            found[f"{method}, {name}"] = np.mean(likeness)
    maps["without average"] = lesson.grad_cam(network, x, y, average=False)
    found["whole"] = lesson.is_correct(network, x, y).mean()
    for name, heat in (maps | rivals).items():
        corners = lesson.hottest_patch(heat, configuration["size"])
        patched = lesson.without_patch(x, corners, configuration["size"])
        found[name] = lesson.is_correct(network, patched, y).mean()
    return {name: found[name] for name in METRICS}
