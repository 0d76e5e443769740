"""The devices that are asked for have to be there."""

import pytest

from attendna.errors import UserError
from attendna.learning import devices


def test_more_devices_than_there_are_is_an_error():
    with pytest.raises(UserError, match="training.devices: 3 were asked for, but .* sees 1 CPU"):
        devices.names(3)


def test_a_gpu_that_is_asked_for_and_not_there_is_an_error(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    for setter in (
        "set_intra_op_parallelism_threads",
        "set_inter_op_parallelism_threads",
    ):  # can't be set again once there was a tensor
        monkeypatch.setattr(tf.config.threading, setter, lambda threads: None)
    with pytest.raises(UserError, match="^training.device: gpu was asked for, but TensorFlow sees"):
        devices.set_up("gpu", "auto", 1, False, 1)
