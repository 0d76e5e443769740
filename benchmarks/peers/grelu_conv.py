"""The convolutional model of gReLU, trained by its own trainer with its own settings.

`ConvModel` and the training parameters as they are by default (Adam at 0.0001, batches of 512), but
for its early stopping (after 5 epochs), which is on, since the default of one epoch trains nothing.
The best checkpoint is scored. Records are read in this process, not in a worker.
"""

from __future__ import annotations

import tempfile

import common
import grelu.data.dataset
import numpy as np
import pandas as pd
import torch
from grelu.lightning import LightningModel

EPOCHS = 100
MODEL = {"model_type": "ConvModel", "n_tasks": 1}
TRAINING = {"early_stopping": True, "max_epochs": EPOCHS, "num_workers": 0}


class Noted(LightningModel):
    """A model that notes of each epoch when it ended and how it then scores the test records."""

    def note(self, clock: common.Clock, records: int, test: torch.Tensor, cap: float) -> None:
        """Say what is to be noted, as in `epochs.Epochs`."""
        self.clock, self.records, self.test, self.cap = clock, records, test, cap
        self.ended: list[float] = []
        self.rates: list[float] = []
        self.scores: list[np.ndarray] = []
        self.capped, self.epochs = False, 0.0

    def on_train_start(self) -> None:
        """Begin the training."""
        self.started = self.clock.now()

    def on_train_epoch_start(self) -> None:
        """Begin an epoch."""
        self.began = self.clock.now()

    def on_validation_start(self) -> None:
        """Note that the training steps are over and the validation begins."""
        self.trained = self.clock.now()

    def on_train_batch_end(self, outputs: object, batch: object, batch_idx: int) -> None:
        """Count the steps, and end the training if its time is over."""
        self.steps = batch_idx + 1
        if self.clock.now() - self.started > self.cap:
            self.capped = self.trainer.should_stop = True

    def on_train_epoch_end(self) -> None:
        """Note all there is to note; the validation is over, too."""
        part = self.steps / self.trainer.num_training_batches
        self.epochs += part
        self.rates.append(self.records * part / (self.trained - self.began))
        self.ended.append(self.clock.now())
        with self.clock.stopped():
            self.scores.append(scores(self, self.test))


def scores(model: LightningModel, test: torch.Tensor) -> np.ndarray:
    """Return the probabilities of test records, float (n,)."""
    training = model.training
    model.eval()
    with torch.no_grad():
        found = [model(part).numpy().ravel() for part in test.split(512)]
    model.train(training)
    return np.concatenate(found).astype(np.float64)


def dataset(records: common.Records, part: str) -> grelu.data.dataset.DFSeqDataset:
    """Return the records of a part as gReLU knows them."""
    rows = records.split[part]
    table = {"sequence": [records.sequences[i] for i in rows]}
    table["positive"] = records.positive[rows].astype(float)
    return grelu.data.dataset.DFSeqDataset(pd.DataFrame(table))


def main() -> None:
    """Train, predict the test records, save."""
    arguments = common.parse(__doc__).parse_args()
    clock = common.Clock()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    records = common.read(arguments.fasta, arguments.split)
    encoded = common.one_hot([records.sequences[i] for i in records.split["test"]])
    test = torch.tensor(encoded.transpose(0, 2, 1), dtype=torch.float32)
    train, validation = dataset(records, "train"), dataset(records, "validation")
    with tempfile.TemporaryDirectory() as folder:
        model = Noted(dict(MODEL), TRAINING | {"save_dir": folder})
        model.note(clock, len(train), test, arguments.cap)
        trainer = model.train_on_dataset(train, validation)
        best = torch.load(trainer.checkpoint_callback.best_model_path, weights_only=False)
    model.load_state_dict(best["state_dict"])
    final, speed = common.timed(len(test), lambda: scores(model, test), clock)
    stopped = "cap" if model.capped else "early" if len(model.ended) < EPOCHS else "end"
    rate = float(np.median(model.rates[1:] or model.rates))
    noted = np.array(model.scores)
    parameters = model.count_params()
    done = common.Training(len(train), model.ended, rate, model.epochs, noted, stopped, parameters)
    common.save(arguments.out, clock, done, final, speed)


if __name__ == "__main__":
    main()
