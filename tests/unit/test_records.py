import numpy as np

from attendna.data.records import spread_over_classes


def test_the_first_records_of_each_class_are_chosen_in_turn():
    y = np.tile([1, 0], 12)
    records = np.array([1, 3, 5, 7, 9, 20, 22])  # two of class 1
    assert spread_over_classes(y, records, 4).tolist() == [1, 3, 20, 22]
    assert spread_over_classes(y, records, 6).tolist() == [1, 3, 5, 7, 20, 22]
    assert spread_over_classes(y, records, 100).tolist() == records.tolist()
    assert spread_over_classes(y, records, 0).tolist() == []


def test_a_class_without_records_is_passed_over():
    assert spread_over_classes(np.array([0, 2, 2]), np.array([1, 2]), 1).tolist() == [1]
