"""Run every benchmark: `python -m benchmarks`."""

from benchmarks import accuracy, build, grading, losses

losses.main()
accuracy.main()
build.main()
grading.main()
