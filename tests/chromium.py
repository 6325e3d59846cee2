"""Find the Chromium that the browser tests drive: the system's, or Playwright's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """Path of a Chromium that can be started, or None."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    paths = [path for name in SYSTEM_NAMES if (path := shutil.which(name))]
    return next((path for path in [*paths, own] if Path(path).exists() and starts(path)), None)


def starts(path: str) -> bool:
    """Whether it runs: Ubuntu's chromium is a stub without snap, and a bare download lacks its libraries."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    path = executable()
    print(path or "no Chromium found")
    sys.exit(path is None)
