"""The benchmark beside the peers: bench/run and bench/smoke are its two doors. Standard library only."""
