#!/usr/bin/env bash
# Gets the pinned uv with pip, into a folder of its own: get-uv.sh PYTHON VERSION FOLDER
set -euo pipefail
python=$1 version=$2 folder=$3
here=$(dirname "$0")

"$here/need.sh" "$python -c 'import sys; assert sys.version_info >= (3, 11)'" python3 "Upheld runs on Python 3.11 or newer"
echo "Getting uv $version"
rm -rf "$folder"
if ! "$python" -c 'import ensurepip' 2>/dev/null && "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m pip install -qq --disable-pip-version-check --target "$folder" "uv==$version"
    exit 0
fi
"$here/need.sh" "$python -c 'import ensurepip'" python3-venv "Debian keeps what makes Python environments in it"
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install -qq --disable-pip-version-check "uv==$version"
