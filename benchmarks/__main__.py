"""Run every benchmark: `python -m benchmarks`."""

from benchmarks import accuracy, losses

losses.main()
accuracy.main()
