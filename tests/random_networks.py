"""Networks with random weights: nothing to train where only the arithmetic matters."""

import numpy as np
from small_networks import hyperparameters

from attendna.learning import models
from attendna.learning.backend import keras


def random_network(architecture, length, classes, positive, crop="", seed=0, **changes):
    """A network whose every weight, statistic and number of the calibration counts."""
    keras.utils.set_random_seed(seed)  # the weights that it starts with are drawn too
    own = hyperparameters(architecture, **changes)
    network = models.NETWORKS[architecture](length, classes, positive, crop=crop, **own)
    draw = np.random.default_rng(seed)
    for variable in network.weights:
        noise = draw.normal(0, 0.2, variable.shape)
        kept = np.exp(noise) if "variance" in variable.name else variable.numpy() + noise
        variable.assign(kept)
    last = network.get_layer(models.PROBABILITIES)
    last.temperature = 0.7
    last.biases = list(np.linspace(-0.3, 0.3, len(classes)))
    last.priors = list(np.linspace(0.5, 1.5, len(classes)))
    return network
