"""Whether two samples come from one distribution: the Mann-Whitney U test."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist


def p_of_same(one: Sequence[float], other: Sequence[float]) -> float:
    """The two-sided p-value by the normal approximation, with correction for ties and for continuity.

    H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947); good from some 20 values each on.
    """
    first, second = len(one), len(other)
    values = sorted([(value, True) for value in one] + [(value, False) for value in other])
    ranks_of_one, ties, start = 0.0, 0, 0
    while start < len(values):
        end = start
        while end < len(values) and values[end][0] == values[start][0]:
            end += 1
        # Equal values share the mean of their ranks, which count from 1.
        ranks_of_one += sum(is_one for _, is_one in values[start:end]) * (start + end + 1) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    total = first + second
    spread = sqrt(first * second / 12 * ((total + 1) - ties / (total * (total - 1))))
    away = abs(ranks_of_one - first * (first + 1) / 2 - first * second / 2)
    if spread == 0:
        return 1.0
    return min(1.0, 2 * (1 - NormalDist().cdf(max(0.0, away - 0.5) / spread)))
