"""What stood in the log before the sandbox began: a quiet hour, and a short blip in it."""

import math
import random
from collections.abc import Iterator

from sandbox.credlink_api.lines import Line, LogWriter
from sandbox.credlink_api.traffic import LATENCY_SIGMA, MEDIAN_LATENCY_S, ROUTES, success

LINE_EVERY_S = 1.2
BLIP_BEFORE_S, BLIP_S = 25 * 60.0, 90.0
BLIP_LINE_EVERY_S = 1.1
# One in so many lines is of a request that failed; in the blip every other one.
USUAL_ERRORS_EVERY, BLIP_ERRORS_EVERY = 400, 2


def history(version: str, *, start: float, end: float, seed: int) -> Iterator[Line]:
    """Lines from `start` to `end` (epoch seconds), oldest first; three thousand an hour."""
    writer, chance = LogWriter(seed), random.Random(seed)
    blip_at, at, number = end - BLIP_BEFORE_S, start, 0
    while at < end:
        number += 1
        in_blip = blip_at <= at < blip_at + BLIP_S
        fails = number % (BLIP_ERRORS_EVERY if in_blip else USUAL_ERRORS_EVERY) == 0
        method, path = chance.choice(ROUTES)
        seconds = chance.lognormvariate(math.log(MEDIAN_LATENCY_S), LATENCY_SIGMA)
        yield writer.served(at, method, path, "500" if fails else success(method), seconds, version)
        at += BLIP_LINE_EVERY_S if in_blip else LINE_EVERY_S
