"""Reading everything about the person asking: one part a table, each column that is theirs."""

from dataclasses import dataclass

from upheld.features.privacy.model import Record
from upheld.platform.acting import Acting
from upheld.platform.database import load_queries
from upheld.platform.i18n import mark
from upheld.platform.objects import application_of, documents_of

QUERIES = load_queries("upheld.features.privacy.export")


@dataclass(frozen=True)
class Part:
    """A table of the export: its name in the archive, its heading, and what its sealed columns are bound to."""

    table: str
    file: str
    title: str
    row: str = "id"
    sealed_for: str = ""
    """The table whose rows its sealed columns are bound to, where that is another."""


PARTS = (
    Part("people", "account", mark("Your account")),
    Part("credentials", "password", mark("Your password: when it was last changed"), "person_id"),
    Part("identities", "sign-ins-elsewhere", mark("Other sites you sign in with")),
    Part("passkeys", "passkeys", mark("Your passkeys")),
    Part("authenticator_apps", "codes-from-an-app", mark("Your app for codes"), "person_id"),
    Part("recovery_codes", "recovery-codes", mark("Your recovery codes: when they were made and used"), "person_id"),
    Part("profiles", "profile", mark("Your profile"), "person_id"),
    Part("documents", "documents", mark("Your documents")),
    Part("applications", "applications", mark("Your applications")),
    Part("application_snapshots", "applications-sent", mark("What you sent with them"), "application_id"),
    Part("application_events", "applications-timeline", mark("What happened to them")),
    Part("disclosures", "disclosures", mark("What you share with employers"), "person_id"),
    Part("access_journal", "journal", mark("Who saw your data")),
    Part("consents", "consents", mark("What you agreed to")),
    Part("members", "memberships", mark("Organisations you belong to"), "person_id"),
    Part("invitations", "invitations", mark("Invitations you made, accepted, or have not answered")),
    Part("ownership_offers", "ownership-offers", mark("Offers of ownership to you or by you"), "person_id"),
    Part("fair_use_acceptances", "fair-use", mark("Fair-use policies you accepted"), "person_id"),
    Part("operators", "operator", mark("Looking after this deployment"), "person_id"),
    Part("sessions", "sessions", mark("Where you are signed in")),
    Part("access_tokens", "tokens", mark("Programs that may read for you")),
    Part("audit_entries", "acts", mark("What you did")),
    Part("messages", "mails-waiting", mark("Mails on their way to you")),
    Part("email_verifications", "links-waiting", mark("Links that wait to be opened"), "person_id"),
    Part("half_open_sign_ins", "sign-ins-waiting", mark("Sign-ins that wait for a second factor"), "person_id"),
    Part("account_links", "account-links-waiting", mark("Links to another password or address"), "person_id", "people"),
    Part("job_secrets", "work-waiting", mark("Background work that may act for you"), "person_id"),
    Part("erasures", "erasures", mark("Requests to leave")),
)


@dataclass(frozen=True)
class File:
    """A file of the person, opened."""

    path: str
    content: bytes


async def read_part(acting: Acting, part: Part) -> list[Record]:
    """Return the rows of a part; what is sealed in the database is opened, `x_sealed` becomes `x`.

    Raises:
        UpheldError: something could not be opened.
    """
    rows = await acting.tx.all(QUERIES[part.table], into=Record)
    sealed = [{name: value for name, value in row.items() if name.endswith("_sealed")} for row in rows]
    if not any(sealed):
        return rows
    cells = [(row[part.row], cell) for row, cell in zip(rows, sealed, strict=True)]
    opened = await acting.platform.vault.open_rows(part.sealed_for or part.table, cells)
    return [_merged(row, texts) for row, texts in zip(rows, opened, strict=True)]


async def read_files(acting: Acting, documents: list[Record], snapshots: list[Record]) -> list[File]:
    """Return the person's own documents and the résumés they sent, as they were uploaded."""
    objects = acting.platform.objects
    own = [
        (f"files/documents/{row['id']}/{_safe(row['name'])}", documents_of(acting.person_id), row["object_id"])
        for row in documents
    ]
    sent = [
        (
            f"files/sent/{row['application_id']}/{_safe(row['resume_name'])}",
            application_of(acting.person_id, row["organisation_id"]),
            row["resume_object_id"],
        )
        for row in snapshots
        if row["resume_object_id"] is not None
    ]
    return [File(path, await objects.read(key, object_id)) for path, key, object_id in own + sent]


def _merged(row: Record, texts: dict[str, str | None]) -> Record:
    return {name.removesuffix("_sealed"): texts.get(name) if name in texts else value for name, value in row.items()}


def _safe(name: str) -> str:
    """Return a file name that is one on every system; what people called it stands in the data."""
    kept = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name).strip(". ")
    return kept[-100:] or "file"
