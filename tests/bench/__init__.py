"""The benchmarks: each measures a value of the house and the bare limit of this machine in the same run."""
