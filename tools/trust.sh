#!/usr/bin/env bash
# Lets this machine trust the demo's own authority, which can vouch for the demo's names only.
set -euo pipefail
authority=${UPHELD_VAR:-var}/tls/authority.pem
name="Upheld local authority"

[ -f "$authority" ] || { echo "There is no authority yet. Run 'make run' once; it makes $authority." >&2; exit 1; }
done_something=

root=(env)
[ "$(id -u)" = 0 ] || root=(sudo)
if command -v update-ca-certificates >/dev/null; then
    if "${root[@]}" install -m 0644 "$authority" /usr/local/share/ca-certificates/upheld-local-authority.crt &&
        "${root[@]}" update-ca-certificates >/dev/null; then
        echo "The system's own programs (curl, Python) trust it now."
        done_something=yes
    fi
fi

# Chromium and Firefox keep their own lists, which certutil edits.
if command -v certutil >/dev/null; then
    mkdir -p "$HOME/.pki/nssdb"
    [ -f "$HOME/.pki/nssdb/cert9.db" ] || certutil -N --empty-password -d "sql:$HOME/.pki/nssdb"
    for list in "$HOME"/.pki/nssdb "$HOME"/.mozilla/firefox/*/ "$HOME"/snap/firefox/common/.mozilla/firefox/*/; do
        [ -f "$list/cert9.db" ] || continue
        certutil -D -d "sql:$list" -n "$name" 2>/dev/null || true
        certutil -A -d "sql:$list" -n "$name" -t C,, -i "$authority"
        echo "The browser that keeps its list in $list trusts it now; start it again."
        done_something=yes
    done
else
    echo "For Chromium and Firefox install certutil and repeat (Debian: sudo apt-get install libnss3-tools),"
    echo "or import $authority in the browser's settings, under certificates, authorities."
fi
[ -n "$done_something" ] || exit 1
