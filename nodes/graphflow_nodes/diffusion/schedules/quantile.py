"""The quantile of the Beta distribution."""

from __future__ import annotations

import math
from typing import Final

LOG_HALF: Final = math.log(0.5)


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the x in 0..1 that a share p of Beta(a, b) lies below, to about 1e-12.

    Newton's method for log I_x(a, b) = log p in log x, where the regularised incomplete beta function I is nearly a
    straight line (I ~ x^a near 0). The half beyond 1/2 is the mirror image: I_x(a, b) = 1 - I_(1-x)(b, a).
    """
    if p <= 0 or p >= 1:
        return float(p > 0)
    if p <= math.exp(_log_share(LOG_HALF, a, b)):
        return _lower(p, a, b)
    return 1 - _lower(1 - p, b, a)


def _lower(p: float, a: float, b: float) -> float:
    """Return the quantile where it is at most 1/2."""
    wanted = math.log(p)
    u = min((wanted + math.log(a) + _log_beta(a, b)) / a, LOG_HALF)
    for _ in range(50):
        log_share = _log_share(u, a, b)
        slope = math.exp(a * u + (b - 1) * math.log1p(-math.exp(u)) - _log_beta(a, b) - log_share)
        step = (wanted - log_share) / slope
        u = min(u + step, LOG_HALF)
        if abs(step) < 1e-14:
            break
    return math.exp(u)


def _log_share(u: float, a: float, b: float) -> float:
    """Return log I_x(a, b) at x = e^u, at most 1/2: x^a (1 - x)^b / (a B(a, b)) 2F1(a + b, 1; a + 1; x). DLMF 8.17.8."""
    x, total, term, k = math.exp(u), 1.0, 1.0, 0
    while term > 1e-17 * total:
        term *= (a + b + k) / (a + 1 + k) * x
        total += term
        k += 1
    return a * u + b * math.log1p(-x) - math.log(a) - _log_beta(a, b) + math.log(total)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
