#!/bin/sh
# See to it that a test can put a cluster into two networks: for that, root needs the command ip.
set -eu

. tools/common.sh

if [ "$(id -u)" != 0 ] || command -v ip >/dev/null 2>&1; then exit 0; fi

say "Installing iproute2, for the test of a cluster in two networks ..."
if apt_install iproute2 && command -v ip >/dev/null 2>&1; then exit 0; fi
say "It could not be installed from here, so that test will be left out."
