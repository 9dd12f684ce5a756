"""Comparisons over several seeds: one file and one stored table each; see README.md."""
