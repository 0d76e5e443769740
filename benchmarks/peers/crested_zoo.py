"""A network of CREsted's zoo, trained by its own trainer with its own settings.

The sequences are the chromosomes of its genome. Both strands of each are shown in every epoch, in
batches of 256, for at most 100 epochs, with early stopping after 10: the defaults of
`AnnDataWrapper` and `Crested.fit`. Loss and optimiser are those of its topic classification. The
best checkpoint is scored.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import anndata
import common
import crested
import keras
import numpy as np
import pandas as pd
from crested.tl import zoo
from crested.tl.data import AnnDataWrapper
from epochs import Epochs

EPOCHS = 100
# simple_convnet is made for regression: its last layer has to become one of probabilities.
BUILD = {
    "deeptopic_cnn": lambda length: zoo.deeptopic_cnn(length, 1),
    "simple_convnet": lambda length: zoo.simple_convnet(length, 1, output_activation="sigmoid"),
}
# Its convolutions without padding and its poolings leave nothing of a shorter sequence.
SHORTEST = {"deeptopic_cnn": 1, "simple_convnet": 188}


def padded(sequences: list[str], length: int) -> list[str]:
    """Add N on both sides of shorter sequences."""
    return [sequence.center(length, "N") for sequence in sequences]


def regions(records: common.Records, length: int) -> anndata.AnnData:
    """Return the records as CREsted knows them: one class, a region each."""
    parts = np.empty(len(records.names), object)
    for name, theirs in zip(common.SPLITS, ("train", "val", "test"), strict=True):
        parts[records.split[name]] = theirs
    names = [f"{name}:0-{length}" for name in records.names]
    return anndata.AnnData(
        records.positive[None].astype(np.float32),
        obs=pd.DataFrame(index=["positive"]),
        var=pd.DataFrame({"split": parts}, index=names),
    )


def main() -> None:
    """Train, predict the test records, save."""
    parser = common.parse(__doc__)
    parser.add_argument("--network", choices=BUILD, required=True)
    arguments = parser.parse_args()
    clock = common.Clock()
    records = common.read(arguments.fasta, arguments.split)
    length = max(len(records.sequences[0]), SHORTEST[arguments.network])
    sequences = padded(records.sequences, length)
    train, test = len(records.split["train"]), [sequences[i] for i in records.split["test"]]
    keras.utils.set_random_seed(arguments.seed)
    model = BUILD[arguments.network](length)

    def scores(network: keras.Model = model) -> np.ndarray:
        return crested.tl.predict(test, network, verbose=0)[:, 0].astype(np.float64)

    noted = Epochs(clock, train, scores, arguments.cap)
    with tempfile.TemporaryDirectory() as folder:
        fasta = Path(folder, "genome.fa")
        lines = zip(records.names, sequences, strict=True)
        fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in lines))
        data = AnnDataWrapper(regions(records, length), crested.Genome(fasta))
        trainer = crested.tl.Crested(
            data,
            model,
            crested.tl.default_configs("topic_classification"),
            project_name=folder,
            run_name="run",
            seed=arguments.seed,
        )
        trainer.fit(epochs=EPOCHS, custom_callbacks=[noted])
        checkpoints = Path(folder, "run", "checkpoints").glob("*.keras")
        best = max(checkpoints, key=lambda path: int(path.stem))  # only better ones are saved
        model = keras.models.load_model(best, compile=False)
    final, speed = common.timed(len(test), lambda: scores(model), clock)
    added = length - len(records.sequences[0])
    note = f"with {added} N added to each sequence" if added else ""
    done = noted.training(EPOCHS, model.count_params(), note)
    common.save(arguments.out, clock, done, final, speed)


if __name__ == "__main__":
    main()
