"""What a cell shows is kept in order, and within bounds."""

from __future__ import annotations

import pytest

from autograder.engine.inside.recorder import MAX_DISPLAYS, MAX_TEXT, Recorder, Stream


def test_texts_on_one_stream_are_joined_and_the_order_is_kept() -> None:
    recorder = Recorder()
    out, err = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    print("one", 2, file=out)
    print("three", file=out)
    print("careful", file=err)
    recorder.show("display_data", {"text/plain": "4"}, {})
    print("five", file=out)
    shown = [(output["output_type"], output.get("name"), output.get("text")) for output in recorder.take()]
    assert shown == [
        ("stream", "stdout", "one 2\nthree\n"),
        ("stream", "stderr", "careful\n"),
        ("display_data", None, None),
        ("stream", "stdout", "five\n"),
    ]


def test_text_without_an_end_is_cut_off_once() -> None:
    recorder = Recorder()
    for _ in range(1000):
        recorder.stream("stdout", "x" * 500)
        recorder.stream("stderr", "y" * 500)
    text = "".join(output["text"] for output in recorder.take())
    assert text.count("the rest of this output was cut off") == 1
    assert text.count("x") + text.count("y") == MAX_TEXT


def test_displays_without_an_end_are_cut_off() -> None:
    recorder = Recorder()
    for number in range(1000):
        recorder.show("display_data", {"text/plain": str(number)}, {})
    assert len(recorder.take()) == MAX_DISPLAYS


def test_the_next_cell_has_all_the_room_again() -> None:
    recorder = Recorder()
    recorder.stream("stdout", "x" * (2 * MAX_TEXT))
    recorder.take()
    recorder.stream("stdout", "hello")
    assert recorder.take() == [{"output_type": "stream", "name": "stdout", "text": "hello"}]


def test_what_was_shown_can_be_taken_back() -> None:
    recorder = Recorder()
    recorder.stream("stdout", "old")
    recorder.clear()
    recorder.error("ValueError", "new", [])
    assert [output["output_type"] for output in recorder.take()] == ["error"]


def test_a_stream_takes_text_only() -> None:
    with pytest.raises(TypeError, match="must be str, not bytes"):
        Stream(Recorder(), "stdout").write(b"raw")  # type: ignore[arg-type]
