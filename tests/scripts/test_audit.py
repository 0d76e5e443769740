"""audit.py writes audit.json from sequences.parquet."""

import pandas as pd

import audit
from attendna.contracts.sequences import write_sequences
from attendna.contracts.tables import read_json


def test_audit_of_a_small_table(tmp_path):
    table = pd.DataFrame(
        {
            "id": ["r1", "r2", "r3"],
            "sequence": ["GGGN", "GGGN", "AATA"],
            "label": ["x", "y", "y"],
            "split": ["train", None, "test"],
        }
    )
    write_sequences(tmp_path / "sequences.parquet", table)
    output = tmp_path / "audit.json"
    arguments = ["--sequences", str(tmp_path / "sequences.parquet"), "--audit", str(output)]
    arguments += ["--settings", '{"length": 3, "crop": "left", "shared_kmer": 40, "identity": 0.8}']
    audit.main(arguments)
    found = read_json(output)
    assert found["classes"] == {"x": 1, "y": 2}
    assert found["contradictory"]["examples"] == [{"x": "r1", "y": "r2"}]
    assert found["splits"]["unassigned"] == {"x": 0, "y": 1}
    assert found["gc"]["by_class"]["x"] == {"mean": 1.0, "sd": None}  # one record has no spread
    assert found["findings"][0]["severity"] == "problem"
    assert found["lengths"]["rows"] == {"length": 3, "crop": "left", "cropped": 3, "padded": 0}
    first = output.read_bytes()
    audit.main(arguments)
    assert output.read_bytes() == first
