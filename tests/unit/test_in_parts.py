"""Parts that were computed are not computed again, unless what they come from has changed."""

import numpy as np

from attendna.contracts.checkpoints import Parts
from attendna.explanation import in_parts as module
from attendna.explanation.in_parts import in_parts


def doubled(values, folder, computed):
    """Double the values, part by part, and note the parts."""

    def compute(own):
        computed.append((own.start, own.stop))
        return {"twice": 2 * values[own]}

    found = in_parts(len(values), Parts(folder, "key"), lambda own: [values[own]], compute)
    return np.concatenate([part["twice"] for part in found])


def test_each_part_is_computed_once_and_a_changed_one_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "PART", 4)
    values, computed = np.arange(10.0), []
    np.testing.assert_array_equal(doubled(values, tmp_path, computed), 2 * values)
    assert computed == [(0, 4), (4, 8), (8, 10)]
    assert "10 of 10 records" in capsys.readouterr().out
    values[5] = -1
    np.testing.assert_array_equal(doubled(values, tmp_path, computed), 2 * values)
    assert computed[3:] == [(4, 8)]
    said = capsys.readouterr().out
    assert "2 parts had been computed before an earlier run stopped" in said


def test_without_a_folder_all_is_computed(monkeypatch):
    monkeypatch.setattr(module, "PART", 4)
    computed = []
    for _ in range(2):
        doubled(np.arange(5.0), None, computed)
    assert computed == [(0, 4), (4, 5)] * 2
