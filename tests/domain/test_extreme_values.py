"""A number at the edge of what a float holds has words, whatever its unit: its card is drawn."""

import math

import pytest

from bot.domain.unit import Unit, spoken_value


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 5e-324, math.inf, math.nan])
def test_every_value_has_words(value: float, unit: Unit):
    assert spoken_value(value, unit)
