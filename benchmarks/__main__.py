"""Run every benchmark: `python -m benchmarks`."""

from benchmarks import accuracy, build, losses

losses.main()
accuracy.main()
build.main()
