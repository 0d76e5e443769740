"""What scores can't tell is said, and nothing else."""

from attendna.explanation.explanation_notes import notes

GOOD = {
    "records": 100,
    "score": {"low": 1.0},
    "agreement": {"seeds": [{}], "untrained": {"gradient": {}}},
    "planted": {"records": 50},
    "auprc": {"gradient": {"low": 0.6}, "untrained_gradient": {"high": 0.2}},
    "faithfulness": {"deletion": {"gradient": {"low": 0.5}, "random": {}}},
}


def test_good_scores_need_no_note():
    assert notes(GOOD, 100, simulated=True) == []


def test_each_shortcoming_has_its_sentence():
    expected = {
        "Of the 200 records asked for": (GOOD, 200, True),
        "does not tell the classes apart": (GOOD | {"score": {"low": -0.1}}, 100, True),
        "Agreement between seeds was not measured": (
            GOOD | {"agreement": {"seeds": [], "untrained": {}}},
            100,
            True,
        ),
        "known for simulated data only": (GOOD, 100, False),
        "nothing is planted": (GOOD | {"planted": {"records": 0}}, 100, True),
        "gradient finds what was planted no better": (
            GOOD | {"auprc": {"gradient": {"low": 0.1}, "untrained_gradient": {"high": 0.2}}},
            100,
            True,
        ),
        "positions that gradient ranks first lowers": (
            GOOD | {"faithfulness": {"deletion": {"gradient": {"low": float("nan")}}}},
            100,
            True,
        ),
    }
    for words, arguments in expected.items():
        (sentence,) = notes(*arguments)
        assert words in sentence
