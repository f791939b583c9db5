#!/usr/bin/env bash
# Builds the islands into one static file: islands.sh FILE. Pages work without that file, so a
# machine that cannot reach npm's registry gets two lines instead of an error, and tries again
# the next time.
set -euo pipefail
out=$1
. tools/node.sh

if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo "Setting up what builds the islands"
    if ! said=$(npm ci --omit=dev --loglevel=error --fetch-retries=1 --fetch-timeout=30000 2>&1); then
        printf '%s\n' "$said" | head -2 >&2
        echo "The islands were not built: npm's registry did not give what builds them. Pages work without;" >&2
        echo "a job's board then moves applications from their own pages. Repeat what you did to try again." >&2
        exit 0
    fi
    touch node_modules/.package-lock.json
fi
node_modules/.bin/esbuild islands/main.ts --bundle --minify --format=iife --target=es2022 \
    --charset=utf8 --legal-comments=none --log-level=warning --outfile="$out.new"
mv "$out.new" "$out"
