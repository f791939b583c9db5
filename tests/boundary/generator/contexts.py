"""Ways to speak in somebody else's name: contexts that are written, replayed, tampered with."""

# ruff: noqa: S608 - injected SQL is what this module is for; names come from the catalog

from collections.abc import Iterator

from tests.boundary.generator.shot import Shot
from tests.boundary.generator.target import Table

_NO_MAC = "0" * 64


def contexts_of(table: Table, current: str, stolen: dict[str, str], victim: dict[str, str]) -> Iterator[Shot]:
    """Yield every way to ask one table in another's name.

    Args:
        table: what is asked.
        current: the caller's own sealed context, or nothing.
        stolen: sealed contexts of others.
        victim: whom to speak for: `person`, `organisation`, `session`, and the hash of `work`.
    """
    if not table.readable:
        return
    columns = ", ".join(column.quoted for column in table.readable)
    asked = f"select {columns} from {table.quoted}"
    for how, said in {**_written(victim), **_replayed(stolen), **_tampered(current, stolen, victim)}.items():
        setting = f"select set_config('upheld.context', '{said}', true)"
        inside = f"with x as materialized ({setting}) select t.* from x, (select {columns} from {table.quoted}) as t"
        yield Shot((table.name,), "context", how, (setting, asked), echoes=True)
        yield Shot((table.name,), "context", f"{how}, in a query", (inside,), echoes=True)
    for how, steps in _set(victim, stolen).items():
        yield Shot((table.name,), "context", how, (*steps, asked), echoes=True)


def _written(victim: dict[str, str]) -> dict[str, str]:
    """Return contexts written from nothing, in the shape of today's (generation, kind, id, seal) and of others."""
    person, session, work = victim["person"], victim["session"], victim["work"]
    return {
        "no seal": f"1|session|{session}",
        "a seal of zeros": f"1|session|{session}|{_NO_MAC}",
        "an empty seal": f"1|session|{session}|",
        "a null for a seal": f"1|session|{session}|null",
        "a key that is none": f"999999999|session|{session}|{_NO_MAC}",
        "a key below zero": f"-1|session|{session}|{_NO_MAC}",
        "a key too large": f"99999999999999999999|session|{session}|{_NO_MAC}",
        "an id alone": session,
        "a person alone": person,
        "bars alone": "|||",
        "a long seal": f"1|session|{session}|" + "f" * 4096,
        "quotes": f"1|session|{session}''||''|{_NO_MAC}",
        "work": f"1|duty|{work}|{_NO_MAC}",
        "an organisation": f"1|{person}|{victim['organisation']}|owner|-|{_NO_MAC}",
    }


def _replayed(stolen: dict[str, str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, context in stolen.items():
        generation, rest = context.split("|", 1)
        said[f"replayed, {name}"] = context
        said[f"replayed, {name}, in capitals"] = context.upper()
        said[f"replayed, {name}, another key"] = f"{int(generation) + 1}|{rest}"
        said[f"replayed, {name}, cut short"] = context[:-1]
    return said


def _tampered(current: str, stolen: dict[str, str], victim: dict[str, str]) -> dict[str, str]:
    """Return the caller's own context with parts exchanged, whatever its parts are."""
    if "|" not in current:
        return {}
    parts = current.split("|")
    said = {
        "a part too many": [*parts[:-1], victim["person"], parts[-1]],
        "a part too few": [*parts[:-2], parts[-1]],
        "parts moved": [parts[0], *reversed(parts[1:-1]), parts[-1]],
        "a seal with a digit changed": [*parts[:-1], _flipped(parts[-1])],
        "another session": [parts[0], "session", victim["session"], parts[-1]],
        "another work": [parts[0], "duty", victim["work"], parts[-1]],
        "a space": [*parts[:-2], f" {parts[-2]}", parts[-1]],
    }
    for name, context in stolen.items():
        others = context.split("|")
        for at in range(len(parts)):
            said[f"part {at} of one {name}"] = [*parts[:at], others[at], *parts[at + 1 :]]
            said[f"all but part {at} of one {name}"] = [*others[:at], parts[at], *others[at + 1 :]]
    return {f"tampered: {how}": "|".join(parts) for how, parts in said.items()}


def _flipped(seal: str) -> str:
    return ("0" if seal[0] != "0" else "1") + seal[1:]


def _set(victim: dict[str, str], stolen: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Return statements before the question: other settings, other commands that set."""
    person, organisation, session = victim["person"], victim["organisation"], victim["session"]
    ways: dict[str, tuple[str, ...]] = {
        "set local": (f"set local upheld.context = '1|session|{session}|{_NO_MAC}'",),
        "set session": (f"set session upheld.context = '1|session|{session}|{_NO_MAC}'",),
        "reset": ("reset upheld.context",),
        "reset all": ("reset all",),
        "plain settings": tuple(
            f"select set_config('{name}', '{value}', true)"
            for name, value in (
                ("upheld.person", person), ("upheld.person_id", person), ("upheld.current_person", person),
                ("upheld.organisation", organisation), ("upheld.organisation_id", organisation),
                ("upheld.role", "owner"), ("app.user_id", person), ("app.current_user", person),
                ("app.tenant_id", organisation), ("request.jwt.claim.sub", person), ("jwt.claims.sub", person),
            )
        ),
        "another spelling": (f"select set_config('UPHELD.Context', '1|session|{session}|{_NO_MAC}', true)",),
        "in a do block": (
            f"do $$ begin perform set_config('upheld.context', '1|session|{session}|{_NO_MAC}', true); end $$",
        ),
        "by a read of settings": (
            f"update pg_settings set setting = '1|session|{session}|{_NO_MAC}' where name = 'upheld.context'",
        ),
    }  # fmt: skip
    for name, context in stolen.items():
        ways[f"set local, replayed, {name}"] = (f"set local upheld.context = '{context}'",)
    return ways
