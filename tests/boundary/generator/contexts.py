"""Ways to speak in somebody else's name: contexts that are written, replayed, tampered with."""

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
        victim: ids of `person`, `organisation` and `session` to speak for.
    """
    if not table.readable:
        return
    columns = ", ".join(column.quoted for column in table.readable)
    asked = f"select {columns} from {table.quoted}"
    for how, said in {**_written(victim), **_replayed(stolen), **_tampered(current, victim)}.items():
        setting = f"select set_config('upheld.context', '{said}', true)"
        inside = f"with x as materialized ({setting}) select t.* from x, (select {columns} from {table.quoted}) as t"
        yield Shot((table.name,), "context", how, (setting, asked), echoes=True)
        yield Shot((table.name,), "context", f"{how}, in a query", (inside,), echoes=True)
    for how, steps in _set(victim, stolen).items():
        yield Shot((table.name,), "context", how, (*steps, asked), echoes=True)


def _written(victim: dict[str, str]) -> dict[str, str]:
    person, organisation = victim["person"], victim["organisation"]
    return {
        "no seal": f"1|{person}|{organisation}|owner|-",
        "a seal of zeros": f"1|{person}|{organisation}|owner|-|{_NO_MAC}",
        "an empty seal": f"1|{person}|-|-|-|",
        "a key that is none": f"999999999|{person}|-|-|-|{_NO_MAC}",
        "a key below zero": f"-1|{person}|-|-|-|{_NO_MAC}",
        "a key too large": f"99999999999999999999|{person}|-|-|-|{_NO_MAC}",
        "an id alone": person,
        "bars alone": "|||||",
        "a null for a seal": f"1|{person}|-|-|-|null",
        "a long one": f"1|{person}|-|-|-|" + "f" * 4096,
        "quotes": f"1|{person}''||''|-|-|-|{_NO_MAC}",
        "a duty": f"1|{person}|-|duty:erasure|-|{_NO_MAC}",
    }


def _replayed(stolen: dict[str, str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, context in stolen.items():
        parts = context.split("|")
        said[f"replayed, {name}"] = context
        said[f"replayed, {name}, in capitals"] = context.upper()
        said[f"replayed, {name}, another key"] = "|".join([str(int(parts[0]) + 1), *parts[1:]])
        said[f"replayed, {name}, cut short"] = context[:-1]
    return said


def _tampered(current: str, victim: dict[str, str]) -> dict[str, str]:
    if current.count("|") != 5:  # noqa: PLR2004 - the six parts of a context
        return {}
    generation, person, organisation, role, session, seal = current.split("|")
    parts = {
        "another person": (generation, victim["person"], organisation, role, session, seal),
        "another organisation": (generation, person, victim["organisation"], "owner", session, seal),
        "another role": (generation, person, organisation, "manager" if role != "manager" else "owner", session, seal),
        "a duty of mail": (generation, person, organisation, "duty:mail", session, seal),
        "another session": (generation, person, organisation, role, victim["session"], seal),
        "parts moved": (generation, person, role, organisation, session, seal),
        "a part too many": (generation, person, organisation, role, session, victim["person"], seal),
        "a part too few": (generation, person, organisation, role, seal),
        "a seal with a bit changed": (generation, person, organisation, role, session, _flipped(seal)),
        "a space": (generation, f"{victim['person']} ", organisation, role, session, seal),
    }
    return {f"tampered: {how}": "|".join(said) for how, said in parts.items()}


def _flipped(seal: str) -> str:
    return ("0" if seal[0] != "0" else "1") + seal[1:]


def _set(victim: dict[str, str], stolen: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Return statements before the question: other settings, other commands that set."""
    person, organisation = victim["person"], victim["organisation"]
    ways: dict[str, tuple[str, ...]] = {
        "set local": (f"set local upheld.context = '1|{person}|-|-|-|{_NO_MAC}'",),
        "set session": (f"set session upheld.context = '1|{person}|-|-|-|{_NO_MAC}'",),
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
        "another spelling": (f"select set_config('UPHELD.Context', '1|{person}|-|-|-|{_NO_MAC}', true)",),
        "in a do block": (f"do $$ begin perform set_config('upheld.context', '1|{person}|-|-|-|{_NO_MAC}', true); end $$",),
        "by a read of settings": (
            f"update pg_settings set setting = '1|{person}|-|-|-|{_NO_MAC}' where name = 'upheld.context'",
        ),
    }  # fmt: skip
    for name, context in stolen.items():
        ways[f"set local, replayed, {name}"] = (f"set local upheld.context = '{context}'",)
    return ways
