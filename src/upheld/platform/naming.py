"""Statements that name what SQL cannot bind: databases, roles and tables. Written here and nowhere else.

Every other statement binds its values. A name is quoted here, whoever chose it; the name of
a table comes from the catalog as text of a `regclass`, which has quoted it already.
"""


def quoted(name: str) -> str:
    """Return an identifier as SQL reads it, whatever letters it holds."""
    return '"' + name.replace('"', '""') + '"'


def make_database(name: str) -> str:
    """Make an empty database that belongs to the role which owns and cannot log in."""
    return f"create database {quoted(name)} owner owner template template0 encoding 'UTF8'"


def rename_database(name: str, new: str) -> str:
    """Give a database another name; PostgreSQL refuses while somebody is connected to it."""
    return f"alter database {quoted(name)} rename to {quoted(new)}"


def drop_database(name: str, *, force: bool = False) -> str:
    """Drop a database, if there is one; unless forced, PostgreSQL refuses while somebody is connected to it."""
    return f"drop database if exists {quoted(name)}{' with (force)' if force else ''}"


def shut_out(database: str) -> str:
    """Let nobody connect to a database but its owner and superusers."""
    return f"revoke all on database {quoted(database)} from public"


def let_in(database: str, role: str) -> str:
    """Let a role connect to a database."""
    return f"grant connect on database {quoted(database)} to {quoted(role)}"


def set_password(role: str, verifier: str) -> str:
    """Give a role its password, as the SCRAM verifier that PostgreSQL keeps of it."""
    text = verifier.replace("'", "''")
    return f"alter role {quoted(role)} password '{text}'"


def count_rows(table: str) -> str:
    """Count the rows of a table, named as the catalog names it."""
    return f"select count(*) from {table}"  # noqa: S608 - the catalog has quoted it


def rows_of(table: str) -> str:
    """Read every row and column of a table, and of none that inherits from it."""
    return f"select * from only {table}"  # noqa: S608 - the catalog has quoted it


def sealed_values(table: str, column: str, person: str | None) -> str:
    """Find the key and the person of every sealed value of a column; names as the catalog gives them."""
    return (
        f"select substring({column} from 2 for 16) as key, {person or 'null::uuid'} as whose"  # noqa: S608 - quoted there
        f" from {table} where {column} is not null"
    )


def set_clock(seconds_ago: int) -> str:
    """Let the database's clock stand so many seconds back, as a demo does while its story is told; 0 puts it right.

    Its two hands go together, in one transaction: a proof of who somebody is would be old otherwise
    when it is given.
    """
    back = f" - interval '{int(seconds_ago)} seconds'" if seconds_ago else ""
    # The very words of `010_schemas.sql` when it is right: a clock with another body is no clock.
    return "; ".join(
        f"create or replace function upheld.{hand}() returns timestamptz language sql stable parallel safe "
        f"return pg_catalog.{asked}(){back}"
        for hand, asked in (("clock_now", "now"), ("clock_of_statement", "statement_timestamp"))
    )
