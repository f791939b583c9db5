"""Upheld: a hiring platform whose every data-protection promise is running code.

Four floors, and nothing looks up: `main` composes, `features` holds one slice a folder,
`platform` speaks to the world, `kit` is pure. `ARCHITECTURE.md` is the map.
"""
