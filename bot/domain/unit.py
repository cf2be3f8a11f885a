"""What a number measures, and how people say it."""

import math
from enum import StrEnum


class Unit(StrEnum):
    """The unit of a query's result; the words an alert's `unit` annotation may use."""

    PLAIN = ""
    RATIO = "ratio"
    """0 to 1; said in percent."""
    PERCENT = "percent"
    SECONDS = "s"
    BYTES = "bytes"
    PER_SECOND = "/s"


_OTHER_WORDS = {
    "%": Unit.PERCENT,
    "seconds": Unit.SECONDS,
    "second": Unit.SECONDS,
    "b": Unit.BYTES,
    "byte": Unit.BYTES,
    "percentunit": Unit.RATIO,
    "req/s": Unit.PER_SECOND,
    "reqps": Unit.PER_SECOND,
}
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
_DECIMAL = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))
"""From which size on, divided by what, with which letter; 1,000 to 9,999 are said in full."""


def read_unit(word: str) -> Unit | None:
    """The unit this word means, Grafana's words among them; None for a word nobody knows."""
    word = word.strip().lower()
    try:
        return Unit(word)
    except ValueError:
        return _OTHER_WORDS.get(word)


def spoken_value(value: float, unit: Unit) -> str:
    """A value as people say it: `4.2 %`, `310 ms`, `1.5 GiB`, `212/s`."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    match unit:
        case Unit.RATIO:
            return spoken_value(value * 100, Unit.PERCENT)
        case Unit.PERCENT:
            return f"{_digits(value)} %"
        case Unit.SECONDS:
            return _seconds(value)
        case Unit.BYTES:
            return _bytes(value)
        case Unit.PER_SECOND:
            return f"{_large(value)}/s"
        case _:
            return _large(value)


def _digits(value: float) -> str:
    """Two significant digits, but never fewer than the whole number has."""
    if value == 0:
        return "0"
    before_point = math.floor(math.log10(abs(value))) + 1
    text = f"{value:.{min(max(0, 2 - before_point), 6)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def _seconds(value: float) -> str:
    size = abs(value)
    if size != 0 and size < 1:
        return f"{_digits(value * 1e3)} ms"
    if size < 120:
        return f"{_digits(value)} s"
    if size < 7200:
        return f"{_digits(value / 60)} min"
    return f"{_digits(value / 3600)} h"


def _bytes(value: float) -> str:
    step = 0
    while abs(value) >= 1024 and step < len(_BINARY) - 1:
        value /= 1024
        step += 1
    return f"{_digits(value)} {_BINARY[step]}"


def _large(value: float) -> str:
    for size, divisor, letter in _DECIMAL:
        if abs(value) >= size:
            return f"{_digits(value / divisor)} {letter}"
    return _digits(value)
