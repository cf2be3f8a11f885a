"""Error budgets: how much of what an objective allows to go wrong is left."""


def budget_left(mean_ratio: float, objective: float) -> float:
    """What is left of the budget after a time in which this ratio went wrong on average.

    1 is all of it, 0 nothing, below zero it is overspent: with an objective of 0.999 a mean of
    0.0005 leaves half. The mean is over time, not over requests: a quiet hour counts as a busy one.
    """
    return 1 - mean_ratio / (1 - objective)
