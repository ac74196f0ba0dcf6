"""The driver of scripts/bench: the same workloads on tokiod and on its peers, side by side."""
