import numpy as np
import pytest

from attendna.data.labels import class_indices, order_classes
from attendna.errors import UserError


@pytest.mark.parametrize(
    ("labels", "classes", "positive", "expected"),
    [
        (["1", "0", "1"], None, None, (["0", "1"], "1")),
        (["b", "a"], None, "a", (["a", "b"], "a")),
        (["b", "a"], ["b", "a"], None, (["b", "a"], "b")),
        (["b", "a"], ["b", "a"], "a", (["b", "a"], "a")),
        (["b", "a"], ["b", "a", "b"], None, (["b", "a"], "b")),
        (["c", "a", "b"], None, None, (["a", "b", "c"], "")),
        (["c", "a", "b"], ["b", "c", "a"], "", (["b", "c", "a"], "")),
        (["10", "9"], None, None, (["10", "9"], "9")),
    ],
)
def test_order_and_positive(labels, classes, positive, expected):
    assert order_classes(labels, classes, positive) == expected


@pytest.mark.parametrize(
    ("labels", "classes", "positive", "message"),
    [
        ([], None, None, r"fewer than two classes \(none\)"),
        (["a", "a"], None, None, r"fewer than two classes \('a'\)"),
        (["a", "b"], ["a"], None, r"fewer than two classes \('a'\)"),
        (["a", "b"], ["a", "c"], None, "class 'c' has no record .the labels are 'a', 'b'"),
        (["a", "b"], None, "x", "positive: 'x' is no class; choose 'a' or 'b'"),
        (["a", "b", "c"], None, "a", "positive: 'a' is set, but there are 3 classes"),
        (["a", None, "b"], None, None, "1 record has no label"),
    ],
)
def test_classes_that_can_not_be_used(labels, classes, positive, message):
    with pytest.raises(UserError, match=message):
        order_classes(labels, classes, positive)


def test_indices_count_the_classes_in_their_order():
    y = class_indices(["a", "b", "c", "a"], ["c", "a", "b"], ["1", "2", "3", "4"])
    assert y.dtype == np.int32
    assert y.tolist() == [1, 2, 0, 1]


def test_a_label_outside_the_classes_is_named_with_its_record():
    with pytest.raises(UserError, match="record 'r2': the label 'B' is none of .*'a', 'b'"):
        class_indices(["a", "B"], ["b", "a"], ["r1", "r2"])


def test_long_lists_are_cut_short():
    classes = [f"c{i}" for i in range(9)]
    with pytest.raises(UserError, match=r"'c0', 'c1', 'c2', 'c3', 'c4' and 4 more;"):
        class_indices(["x"], classes, ["r1"])
