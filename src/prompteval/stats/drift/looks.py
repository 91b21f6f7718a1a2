"""Evidence over looks: how `watch` spends its error rate on every look without a number of looks.

Each look gives a p-value of "the effect is at most the threshold" from rows that no earlier look read. It
becomes an e-value, and the e-values a detector of Shiryaev and Roberts' form: it alarms when its sum reaches
`looks`, and the mean time between false alarms is then at least so many looks (Shin, Ramdas and Rinaldo 2024,
"E-detectors").
"""

import math

# The alternatives of a rate's likelihood ratio, as multiples of the threshold, in equal parts.
_MULTIPLES = (1.1, 1.25, 1.5, 2.0, 4.0, 10.0)
GREATEST_E = 1e12
# A single look may not decide by a p-value that no sample could justify.
SMALLEST_P = 1e-12


def e_value(p: float) -> float:
    """An e-value of a p-value: the mean of k p^(k-1) over k from 0 to 1 (Vovk and Wang 2021, equation 2).

    Its mean under the null is at most 1 for any valid p. Raises ValueError for what is not from 0 to 1.
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"{p} is not a p-value")
    p = max(p, SMALLEST_P)
    if p > 1.0 - 1e-6:
        return 0.5  # its limit
    log = math.log(p)
    return (1.0 - p + p * log) / (p * log * log)


def rate_e_value(failures: int, n: int, threshold: float) -> float:
    """The e-value of "failures come at most at the threshold's rate": a mixture of likelihood ratios.

    Few failures a look add up in it, where their p-values are near 1. At a lower rate its mean is
    below 1, since it rises with the failures. At most GREATEST_E; of a threshold of 0 any failure is that.
    """
    if threshold <= 0.0:
        return GREATEST_E if failures else 1.0
    found = 0.0
    for multiple in _MULTIPLES:
        rate = min(multiple * threshold, (1.0 + threshold) / 2.0)
        log = failures * math.log(rate / threshold) + (n - failures) * math.log((1 - rate) / (1 - threshold))
        found += math.exp(min(log, 60.0)) / len(_MULTIPLES)
    return min(found, GREATEST_E)


def next_evidence(before: float, e: float) -> float:
    """The detector's sum after a look with that e-value; it starts from 0."""
    return (before + 1.0) * e


def alarms(evidence: float, looks: float, signals: int = 1) -> bool:
    """Whether the evidence suffices for one false alarm in `looks` looks, over all signals together."""
    return evidence >= looks * max(signals, 1)
