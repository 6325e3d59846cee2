"""Run every benchmark: `python -m benchmarks`."""

from benchmarks import losses

losses.main()
