"""The table is held to scikit-learn's."""

from predictions import many_classes
from sklearn import metrics as reference

from attendna.evaluation.classification_report import classification_table
from attendna.evaluation.decisions import confusion


def test_classification_report_agrees_with_scikit_learn():
    y, p = many_classes()
    called = p.argmax(axis=1)
    names = ["a", "b", "c", "d"]
    text = classification_table(confusion(y, called, 4), names)
    expected = reference.classification_report(y, called, target_names=names, output_dict=True)
    lines = {line[: line.index("  ")]: line.split()[-4:] for line in text.split("\n")[1:6]}
    for name in names:
        row = expected[name]
        wanted = [f"{row[key]:.3f}" for key in ("precision", "recall", "f1-score")]
        assert lines[name] == [*wanted, str(int(row["support"]))]
    weighted = expected["weighted avg"]
    assert f"{weighted['precision']:11.3f}{weighted['recall']:11.3f}" in text
    assert f"accuracy {expected['accuracy']:.3f} of 150 records" in text
