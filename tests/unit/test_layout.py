"""Where files stand: rules and scripts ask the same functions, so each path is told once."""

from pathlib import Path

from attendna.contracts import layout
from attendna.contracts.layout import Run

RUN = Run("promoters", 2, "cnn", 7)


def test_the_folder_of_any_run_is_a_pattern_of_that_of_each():
    pattern = str(layout.run_folder("results", layout.ANY_RUN))
    assert pattern.format(**RUN._asdict()) == str(layout.run_folder("results", RUN))


def test_what_a_run_makes_stands_in_its_folder():
    folder = layout.run_folder("results", RUN)
    assert folder == Path("results/promoters/fold2/cnn/seed7")
    made = [layout.model_path("results", RUN, kind) for kind in ("network", "baseline")]
    assert made == [folder / "model.keras", folder / "model.npz"]
    kept = [layout.training_state(folder), layout.attribution_state(folder)]
    assert {path.parent for path in kept} == {folder} and len(set(kept)) == 2


def test_predictions_that_differ_in_name_share_nothing():
    place = ("results", "promoters")
    of = (layout.prediction_path, layout.prediction_state)
    paths = [where(*place, name) for name in ("new", "other") for where in of]
    folder = layout.prediction_path(*place, "new").parent
    parts = [layout.part_path(folder, "new", f"{i}-of-2", "npz") for i in (1, 2)]
    assert len({*paths, *parts}) == 6
    assert all(Path("results/promoters/predict") in path.parents for path in paths + parts)
