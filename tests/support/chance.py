"""What tests of simulators leave to chance."""

import numpy as np

# Allowed distance in standard errors: chance exceeds it once in 150,000 comparisons, and the seeds
# are fixed.
SIGMAS = 4.5


def assert_mean_is_zero(differences, variances, what):
    """Assert that the mean of independent differences lies within SIGMAS standard errors of 0."""
    error = np.sqrt(np.sum(variances)) / len(differences)
    assert len(differences) >= 50 and abs(np.mean(differences)) <= SIGMAS * error, (
        what,
        np.mean(differences),
        error,
    )
