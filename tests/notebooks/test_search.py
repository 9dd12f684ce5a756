"""Keras's scikit-learn wrapper in a search: how 4-hyperparameter_tuning.ipynb must ask for epochs
so that they are run, and the trap that it shows."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def wrapper():
    """Return a function that wraps a tiny network, and the data to fit it on."""
    keras = pytest.importorskip("keras")
    from keras.wrappers import SKLearnClassifier

    def make(X, y, units=2):
        network = keras.Sequential(
            [
                keras.Input((X.shape[1],)),
                keras.layers.Dense(units, activation="relu"),
                keras.layers.Dense(2, activation="softmax"),
            ]
        )
        network.compile("sgd", loss="categorical_crossentropy")
        return network

    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    return lambda **options: SKLearnClassifier(model=make, **options), (
        x,
        (x[:, 0] > 0).astype(int),
    )


def epochs_run(estimator, x, y):
    return len(estimator.history_.epoch)


@pytest.mark.parametrize("kind", ["grid", "random"])
def test_epochs_given_to_the_fit_of_a_search_are_run(wrapper, kind):
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

    wrap, (x, y) = wrapper
    candidates = {"model_kwargs": [{"units": 2}, {"units": 3}]}
    options = {"scoring": epochs_run, "cv": 2}
    search = (
        GridSearchCV(wrap(), candidates, **options)
        if kind == "grid"
        else RandomizedSearchCV(wrap(), candidates, n_iter=2, random_state=0, **options)
    )
    search.fit(x, y, epochs=3, verbose=0)
    assert search.cv_results_["mean_test_score"].tolist() == [3, 3]
    assert epochs_run(search.best_estimator_, x, y) == 3
    assert search.best_estimator_.model_.layers[0].units in (2, 3)


def test_epochs_in_fit_kwargs_are_lost_in_a_search(wrapper, capsys):
    from sklearn.model_selection import GridSearchCV

    wrap, (x, y) = wrapper
    wrapped = wrap(fit_kwargs={"epochs": 3, "verbose": 0})
    assert epochs_run(wrapped.fit(x, y), x, y) == 3
    search = GridSearchCV(
        wrapped, {"model_kwargs": [{"units": 2}]}, scoring=epochs_run, cv=2, refit=False
    ).fit(x, y)
    # Should this fail one day, Keras has mended its clone: take the trap out of notebook 4.
    assert search.cv_results_["mean_test_score"].tolist() == [1]
