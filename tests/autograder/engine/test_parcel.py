"""What crosses to another machine is complete, and no more than what is needed there."""

from __future__ import annotations

from pathlib import Path

from autograder.engine.limits import Limits
from autograder.engine.parcel import (
    pack_error,
    pack_jobs,
    pack_results,
    pack_setting,
    packed_identity,
    unpack_jobs,
    unpack_results,
    unpack_setting,
)
from autograder.engine.pool import Job
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.engine.worker import Setting


def test_a_setting_arrives_with_its_files_in_a_folder_that_candidates_do_not_see(tmp_path: Path) -> None:
    here, there = tmp_path / "course" / "source" / "u1", tmp_path / "worker"
    (here / "data").mkdir(parents=True)
    there.mkdir()
    (here / "exam.ipynb").write_bytes(b"{}")
    (here / "data" / "table.bin").write_bytes(bytes(range(256)))
    setting = Setting((here / "exam.ipynb",), (tmp_path / "course",), "jail", Limits.for_timeout(7))
    parcel = pack_setting(setting, {"code": "1"})
    assert packed_identity(parcel) == {"code": "1"}
    found = unpack_setting(parcel, there)
    assert found == Setting((there / "exam.ipynb",), (there, tmp_path / "course"), "jail", setting.limits)
    assert (there / "exam.ipynb").read_bytes() == b"{}"
    assert (there / "data" / "table.bin").read_bytes() == bytes(range(256))


def test_jobs_arrive_as_they_were_with_numbers_for_students() -> None:
    jobs = [
        Job("ada", "exam", b"\x00\xff{", {"a/b.txt": b"text"}, "seed-1"),
        Job("bob", "quiz", b"", {}, "seed-2"),
    ]
    found = unpack_jobs(pack_jobs(jobs))
    assert [(one.notebook, one.submitted, one.files, one.seed) for one in found] == [
        (one.notebook, one.submitted, one.files, one.seed) for one in jobs
    ]
    assert [one.student for one in found] == ["0", "1"]


def test_results_and_errors_come_back_as_they_were() -> None:
    graded = GradedNotebook("exam", (Verdict("t", "partial", 0.1, 2.0, "α\x00"),), {"c": [{"a": 1}]}, "jail")
    assert unpack_results(pack_results([graded, graded])) == [graded, graded]
    assert unpack_results(pack_error("no jail")) == "no jail"
