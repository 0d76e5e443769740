"""One value among many that is not a number is found, wherever it stands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from attendna import finite
from attendna.errors import UserError

SHAPES = arrays.array_shapes(max_dims=3, max_side=5)
NUMBERS = arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32, allow_nan=False))


@given(data=st.data(), values=NUMBERS, bad=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_one_bad_value_anywhere_is_found(data, values, bad):
    values[~np.isfinite(values)] = 0
    assert finite.check(values, "the numbers", "do something") is values
    values.flat[data.draw(st.integers(0, values.size - 1))] = bad
    with pytest.raises(UserError, match=r"^the numbers are not numbers; do something\.$"):
        finite.check(values, "the numbers", "do something")


@pytest.mark.parametrize("values", [np.empty((0, 3)), 1.5, np.float16(65504)])
def test_no_values_and_single_ones_are_numbers(values):
    assert finite.all_numbers(values)
