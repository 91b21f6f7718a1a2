"""What a shard keeps of a metric so that no machine must hold every row: sums, and seeded Poisson weights.

The bootstrap of Chamandy et al., Estimating uncertainty for massive data streams (2012): every row has a
Poisson(1) weight in each replicate, so that the sums of shards add up in any order.
"""

import numpy as np

REPLICATES = 200


def sums_of_shard(shard: int, passed: int, cases: int, seed: int) -> np.ndarray:
    """(replicates, 2): the weighted passes and cases of a shard, by its number alone."""
    rng = np.random.default_rng([seed, shard])
    right = rng.poisson(passed, REPLICATES)  # a sum of `passed` weights that are Poisson(1)
    return np.stack([right, right + rng.poisson(cases - passed, REPLICATES)], axis=1)


def merged(sums: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the share that passed, from the sums of all shards."""
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return float(low), float(high)
