"""The schematic of the README: the whole course on one picture."""

from __future__ import annotations

from figures.colours import BLUE, FAINT, GREEN, PINK, QUIET, RED, YELLOW, Tone
from figures.style import HEADING, Plate, schematic

# Each part's name and tone, and its notebooks with what their stations are called.
PARTS: dict[str, tuple[str, Tone, dict[str, str]]] = {
    "Part1_ANN": (
        "Networks",
        BLUE,
        {
            "1-perceptron_from_scratch": "neuron",
            "2-ANN": "bank churn",
            "2b-wine_and_cars": "wine, cars",
            "3-classification_with_scikit_learn": "classifiers",
            "4-hyperparameter_tuning": "tuning",
            "5-optimisation": "optimisers",
            "6-wide_and_deep": "wide, deep",
        },
    ),
    "Part2_CNN": (
        "Vision",
        GREEN,
        {
            "1-CNN": "convolution",
            "2-CNN": "deep CNNs",
            "3-detection_and_segmentation": "detection",
            "3b-blood_cells": "blood cells",
            "4-autoencoders_and_GANs": "VAE, GAN",
            "5-looking_inside_a_CNN": "look inside",
            "6-diffusion": "diffusion",
        },
    ),
    "Part3_RNN": (
        "Sequences",
        RED,
        {
            "1-RNN": "RNN",
            "2-LSTM": "LSTM",
            "3-GRU_and_deep_RNN": "GRU, deep",
            "4-text": "text",
            "5-attention": "attention",
            "6-transformers": "transformer",
            "7-speech": "speech",
            "8-pretraining": "pre-training",
            "9-chatbot": "chatbot",
        },
    ),
    "Part4_SOM": (
        "Maps",
        PINK,
        {
            "1-som": "SOM",
            "2-mega_case_study": "fraud",
            "3-som_applications": "groups",
        },
    ),
    "Part5_Practice": (
        "Practice",
        YELLOW,
        {
            "1-explain": "explain",
            "2-fairness": "fairness",
            "3-export": "export",
            "4-serve": "serve",
            "5-monitor": "monitor",
            "6-scale": "scale",
            "7-federated": "federated",
            "8-reinforcement_learning": "agents",
            "9-frameworks": "frameworks",
        },
    ),
}
COLUMNS = (46, 258, 475, 697, 855)  # where each part's line runs


@schematic(
    "The course",
    "The course as a map of five lines, whose stations are its notebooks: networks, vision, "
    "sequences, maps and practice, joined in this order.",
    height=622,
    width=1060,
)
def course(plate: Plate) -> None:
    """Five lines from top to bottom, joined by one that runs across."""
    top, first, step = 112, 174, 50
    for x, (part, (name, tone, stations)) in zip(COLUMNS, PARTS.items(), strict=True):
        last = first + step * (len(stations) - 1)
        plate.line((x, top), (x, last), colour=tone.line, thick=9)
        plate.text(x - 20, 38, f"Part {part[4]}", anchor="start", colour=QUIET)
        plate.text(x - 20, 72, name, anchor="start", bold=True, size=HEADING, colour=tone.ink)
        for row, (notebook, words) in enumerate(stations.items()):
            y = first + step * row
            plate.node(x, y, 22, notebook.partition("-")[0], tone, thick=3.5, size=24.5)
            plate.text(x + 32, y, words, anchor="start")
    plate.line(*((x, top) for x in COLUMNS), colour=FAINT, thick=9)
    for x in COLUMNS:
        plate.node(x, top, 13, "", thick=5)
