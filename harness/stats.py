"""The few statistics that verdicts rest on; exact where exact is cheap."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def clopper_pearson(good: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share of which `good` of `n` were seen.

    Args:
        good: 0..n.
        n: at least 1.
        confidence: two-sided.

    Source: Clopper and Pearson 1934; the bounds invert the binomial distribution.
    """
    alpha = (1 - confidence) / 2
    low = 0.0 if good == 0 else _bisect(lambda p: 1 - _binomial_cdf(good - 1, n, p) - alpha)
    high = 1.0 if good == n else _bisect(lambda p: alpha - _binomial_cdf(good, n, p))
    return low, high


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed (an order statistic).

    Args:
        values: at least one, in any order.
        share: 0 < share <= 1.
    """
    return quantiles(values, [share])[0]


def quantiles(values: Sequence[float], shares: Sequence[float]) -> list[float]:
    """`quantile` of several shares, sorted once."""
    ordered = sorted(values)
    return [ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in shares]


def poisson_at_most(k: int, mean: float) -> float:
    """The chance to see `k` or fewer events where `mean` (above 0) are to be expected."""
    return math.fsum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k + 1))


def _binomial_cdf(k: int, n: int, p: float) -> float:
    if p <= 0:
        return 1.0
    if p >= 1:
        return float(k >= n)
    if k > n // 2:
        return 1 - _binomial_cdf(n - k - 1, n, 1 - p)
    log_p, log_q, log_n = math.log(p), math.log1p(-p), math.lgamma(n + 1)
    return min(
        1.0,
        math.fsum(
            math.exp(
                log_n - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_p + (n - i) * log_q
            )
            for i in range(k + 1)
        ),
    )


def _bisect(rises: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):  # 2**-50: beyond the precision of the sums
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < 0 else (low, middle)
    return (low + high) / 2
