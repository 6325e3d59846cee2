"""Live cells: where Python comes from, who is asked, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from book_ext import pyodide
from book_ext.node import package
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.book.conftest import QuietHandler, serving
from tests.book.live.small_project import (
    SOURCES,
    build,
    built,
    cell,
    package_named,
    press,
    run,
    status,
)

SERVER = "https://cdn.jsdelivr.net/**"


def send_npm_package(route: Route, request: Request) -> None:
    """Answer as Pyodide's server does, with the files of the npm package."""
    content = (package("pyodide") / request.url.rsplit("/", 1)[-1]).read_bytes()
    route.fulfill(body=content, headers={"Access-Control-Allow-Origin": "*"})


def test_by_default_pyodides_server_is_named_before_it_is_asked(
    context: BrowserContext, reader: Page, default: str
) -> None:
    context.route(SERVER, send_npm_package)
    reader.goto(default)
    expect(status(reader, 2)).to_have_text("The first Run fetches up to 28 MB from cdn.jsdelivr.net.")
    expect(run(reader, 2, "print('from afar')")).to_have_text("from afar\n")


def test_fetching_is_announced_and_can_be_cancelled(
    context: BrowserContext, reader: Page, default: str
) -> None:
    context.route(SERVER, lambda route: None)  # a server that never answers
    reader.goto(default)
    run(reader, 2)
    expect(status(reader, 2)).to_have_text(
        "Fetching Python: up to 28 MB from cdn.jsdelivr.net. Stop cancels."
    )
    press(reader, 2, "Stop")
    expect(status(reader, 2)).to_contain_text("Stopped.")
    expect(cell(reader, 2).get_by_role("button", name="Run")).to_have_attribute("aria-disabled", "false")


def test_offline_it_says_so_and_leaves_the_books_output(
    context: BrowserContext, reader: Page, default: str
) -> None:
    context.route(SERVER, lambda route: route.abort())
    reader.goto(default)
    run(reader, 2)
    expect(status(reader, 2)).to_have_text(
        "Python can't be fetched: cdn.jsdelivr.net can't be reached. Are you offline?"
    )
    expect(cell(reader, 2)).to_contain_text("twice: 20")
    context.set_offline(True)
    run(reader, 2)
    expect(status(reader, 2)).to_contain_text("Are you offline?")


@pytest.mark.parametrize("name", ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"])
def test_a_tampered_file_is_refused(context: BrowserContext, reader: Page, default: str, name: str) -> None:
    def tamper(route: Route, request: Request) -> None:
        content = (package("pyodide") / name).read_bytes()
        route.fulfill(body=content + b"\n", headers={"Access-Control-Allow-Origin": "*"})

    context.route(SERVER, send_npm_package)
    context.route(f"**/{name}", tamper)
    reader.goto(default)
    run(reader, 2)
    expect(status(reader, 2)).to_have_text(
        f"{name} from cdn.jsdelivr.net is not the file that this site names. "
        "It was refused, and nothing of it has run."
    )


def test_a_tampered_package_is_refused(context: BrowserContext, reader: Page, own: str) -> None:
    context.route("**/parcel-*.whl", lambda route: route.fulfill(body=b"something else"))
    reader.goto(own)
    run(reader, 5, "import parcel")
    expect(status(reader, 5)).to_contain_text("parcel-1-py3-none-any.whl")
    expect(status(reader, 5)).to_contain_text("It was refused")


def test_a_missing_file_is_told_from_a_missing_network(
    context: BrowserContext, reader: Page, default: str
) -> None:
    context.route(
        SERVER, lambda route: route.fulfill(status=404, headers={"Access-Control-Allow-Origin": "*"})
    )
    reader.goto(default)
    run(reader, 2)
    expect(status(reader, 2)).to_contain_text("cdn.jsdelivr.net has no pyodide")


def test_a_page_opened_as_a_file_says_what_running_needs(reader: Page, own_site: Path) -> None:
    reader.goto((own_site / "index.html").as_uri())
    run(reader, 2)
    expect(status(reader, 2)).to_contain_text("Running needs a web server.")
    expect(status(reader, 2)).to_contain_text("python -m http.server")
    expect(cell(reader, 2)).to_contain_text("twice: 20")


def test_a_cell_whose_code_is_not_on_the_page_is_named_by_the_build(tmp_path: Path) -> None:
    sources = tmp_path / "book"
    shutil.copytree(SOURCES, sources)
    text = (sources / "index.md").read_text(encoding="utf-8")
    (sources / "index.md").write_text(text.replace("hide-input", "remove-input"), encoding="utf-8")
    done = build(sources)
    assert done.returncode != 0
    assert "index.md:" in done.stderr
    assert "fold it with the tag hide-input, or leave it out with no-live" in done.stderr


def test_the_site_names_a_hash_for_every_file_that_is_fetched(default_site: Path) -> None:
    site = json.loads((default_site / "_static" / "live.json").read_text(encoding="utf-8"))
    names = {entry["name"].lower() for entry in site["lock"]["packages"].values()}
    assert {"numpy", "matplotlib", "pillow", "six"} <= names
    assert set(site["files"]) == {*pyodide.CORE, *pyodide.wheels(site["lock"])}
    assert site["source"].startswith("https://cdn.jsdelivr.net/pyodide/v314.")
    assert not (default_site / "_static" / "pyodide").exists()


def test_a_folder_is_used_only_when_nothing_is_missing_in_it(tmp_path: Path) -> None:
    lock = package_named("parcel", "", tmp_path / "wheels")
    (tmp_path / "nothing").mkdir()
    missing = pyodide.fill(tmp_path / "to", lock, (tmp_path / "nothing").as_uri() + "/")
    assert [line.split(" ")[0] for line in missing] == ["parcel-1-py3-none-any.whl"]
    assert (tmp_path / "to" / "python_stdlib.zip").exists()
    assert not (tmp_path / "to" / pyodide.LOCK).exists()
    assert pyodide.fill(tmp_path / "to", lock, (tmp_path / "wheels").as_uri() + "/") == []
    assert (tmp_path / "to" / pyodide.LOCK).exists()


def test_a_wheel_that_is_not_the_one_in_the_lock_is_refused(tmp_path: Path) -> None:
    lock = package_named("parcel", "", tmp_path / "wheels")
    (tmp_path / "wheels" / "parcel-1-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(pyodide.WrongFileError, match=r"parcel-1-py3-none-any\.whl is not the file"):
        pyodide.fill(tmp_path / "to", lock, (tmp_path / "wheels").as_uri() + "/")
    assert not (tmp_path / "to" / "parcel-1-py3-none-any.whl").exists()


def test_the_command_says_what_is_missing_and_what_happens_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wheels").mkdir()
    assert pyodide.main([str(tmp_path / "to"), "--wheels", str(tmp_path / "wheels")]) == 1
    told = capsys.readouterr().err
    assert "numpy-2" in told
    assert "matplotlib-3" in told
    assert "The pages go on fetching Python from Pyodide's server" in told
    assert "make pyodide PYODIDE_WHEELS=<folder>" in told


def test_numpy_and_matplotlib_run_in_the_page(reader: Page, tmp_path: Path) -> None:
    distribution = os.environ.get("PYODIDE_DIST")
    if not distribution:
        # The wheels are on Pyodide's own server only, which the tests must not need; all else about Python
        # in the page is tested with the core. Every run prints the reason, so nobody takes it for tested.
        pytest.skip(
            "NOT TESTED: numpy and matplotlib in the page. PYODIDE_DIST names no folder with their wheels"
        )
    sources = tmp_path / "book"
    shutil.copytree(SOURCES, sources)
    assert pyodide.main([str(sources / "_build" / "pyodide"), "--wheels", distribution]) == 0
    with serving(built(sources), QuietHandler) as address:
        reader.goto(f"{address}/index.html")
        output = run(
            reader,
            5,
            "import matplotlib.pyplot as plt\nimport numpy as np\n"
            "plt.plot(np.arange(3))\nplt.xlabel('residual')\nplt.show()\nprint(np.mean([1.0, 2.0]))",
        )
        expect(output.get_by_role("img", name="Figure from your code: residual")).to_be_visible()
        expect(output).to_contain_text("1.5")
