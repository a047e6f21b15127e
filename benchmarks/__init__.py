"""What Bevaka costs, measured beside hand-written SQL and beside its peers, interleaved in one run; ratios count."""
