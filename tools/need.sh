#!/usr/bin/env bash
# Sees to it that something is installed: need.sh CHECK PACKAGE REASON
# CHECK is a command that succeeds when it is. When it fails, the Debian package is installed
# if this user may do so; otherwise the one line that does it is printed.
set -euo pipefail
check=$1 package=$2 reason=$3

bash -c "$check" >/dev/null 2>&1 && exit 0

root=(env)
[ "$(id -u)" = 0 ] || root=(sudo -n)
if command -v apt-get >/dev/null && "${root[@]}" true 2>/dev/null; then
    echo "Installing $package: $reason"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if "${root[@]}" apt-get update -qq >"$log" 2>&1 &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -qq -y --no-install-recommends "$package" >>"$log" 2>&1; then
        bash -c "$check" >/dev/null 2>&1 && exit 0
    fi
    cat "$log" >&2
fi
cat >&2 <<MESSAGE
$package is missing: $reason. Install it, then repeat what you did. On Debian:
    sudo apt-get install $package
MESSAGE
exit 1
