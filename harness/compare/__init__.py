"""Two designs or more under the same experiments with the same seeds: which is better in what?

runs ──> promises first (tier 1) ──> numbers of those that keep them (tier 2) ──> Pareto front
"""
