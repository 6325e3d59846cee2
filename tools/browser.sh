#!/bin/sh
# See to it that the browser tests have a Chromium: one that is there, the distribution's, or Playwright's own.
set -eu
venv=$1

. tools/common.sh

found() { "$venv/bin/python" tests/chromium.py >/dev/null 2>&1; }

found && exit 0

# Ubuntu's own chromium package is a snap, which containers can't run; Playwright's build is used there.
if [ -r /etc/os-release ] && grep -q '^ID=debian' /etc/os-release; then
    say "Installing Debian's chromium for the browser tests (about 100 MB) ..."
    if apt_install chromium fonts-dejavu-core && found; then exit 0; fi
fi

say "Fetching Playwright's Chromium for the browser tests (about 150 MB) ..."
if as_root true 2>/dev/null; then with_deps=--with-deps; else with_deps=; fi
"$venv/bin/playwright" install $with_deps chromium >&2 && found && exit 0

say "No browser could be installed from here. Please run one of these and repeat:"
say "    sudo apt-get install chromium                                (Debian)"
say "    sudo $venv/bin/playwright install --with-deps chromium       (Ubuntu)"
exit 1
