"""What is promised about who sees what."""

from upheld.features.trust.model import Check, Promise, Work
from upheld.features.trust.probes import (
    catalog,
    context,
    documents,
    files,
    lints,
    permissions,
    powers,
    staff,
    tenants,
    views,
)
from upheld.platform.i18n import mark

PROMISES = (
    Promise(
        "access.rls",
        mark(
            "The database itself keeps people's data apart, row by row, its own owner not excepted. You see what "
            "is yours, a member what is their organisation's."
        ),
        (
            Check(
                "access.rls.forced",
                "row security is on, and forced, on every table in reach",
                Work.SPINE,
                catalog.forced,
            ),
            Check(
                "access.rls.policies",
                "every table has policies, each narrow and saying something about the row",
                Work.SPINE,
                catalog.policies,
            ),
            Check("access.rls.wrapped", "who is asking is found out once per statement", Work.SPINE, catalog.wrapped),
            Check("access.rls.roles", "no role of the application can pass row security by", Work.SPINE, catalog.roles),
            Check(
                "access.rls.functions",
                "functions that lend rights lend them to no one else",
                Work.SPINE,
                catalog.functions,
            ),
            Check(
                "access.rls.grants",
                "nothing is granted to everyone, and no role more than it needs",
                Work.SPINE,
                lints.grants,
            ),
            Check(
                "access.rls.narrow",
                "what is granted is narrowed by policies; where one adds to another or holds for all is known",
                Work.SPINE,
                lints.narrow,
            ),
            Check(
                "access.rls.references",
                "no reference and no unique key tells one tenant of another",
                Work.SPINE,
                lints.references,
            ),
            Check("access.rls.outlets", "nothing leads past row security", Work.SPINE, lints.outlets),
            Check(
                "access.rls.columns",
                "every column is classified, and the server samples no ciphertext",
                Work.SPINE,
                lints.columns,
            ),
            Check(
                "access.rls.strangers",
                "a stranger sees and changes nothing, tried with every role on every table",
                Work.SPINE,
                tenants.strangers,
            ),
        ),
    ),
    Promise(
        "access.context",
        mark(
            "Even somebody who smuggles commands into a query cannot become another person: the database checks for "
            "itself who is asking, each time."
        ),
        (
            Check(
                "access.context.forged",
                "a context that the database did not seal opens nothing",
                Work.SPINE,
                context.forged,
            ),
            Check(
                "access.context.replayed", "a sealed one is worth nothing anywhere else", Work.SPINE, context.replayed
            ),
            Check("access.context.tampered", "nor with any part of it changed", Work.SPINE, context.tampered),
            Check(
                "access.context.ended", "an unknown, expired or revoked secret opens none", Work.SPINE, context.ended
            ),
            Check(
                "access.context.sealed",
                "no role can seal one, mint a session or read what they rest on",
                Work.SPINE,
                powers.sealed,
            ),
        ),
    ),
    Promise(
        "access.roles",
        mark("What somebody may do in an organisation follows from their role, permission by permission."),
        (
            Check(
                "access.roles.matrix",
                "each role does what it may and nothing else, on every page and in the database as well",
                Work.TRUST,
                permissions.matrix,
            ),
            Check(
                "access.roles.granular",
                "each permission is given by itself, and opens what it names and nothing else",
                Work.AUTH,
                permissions.granular,
            ),
        ),
    ),
    Promise(
        "access.report",
        mark("The raw report of an integrity scan is read by the interviewer who began it, and by nobody else."),
        (Check("access.report.initiator", "owners and staff read nothing of it", Work.AGENT),),
    ),
    Promise(
        "access.support",
        mark("Staff sees no candidate's data, unless for a stated reason, with a second person, briefly, and visibly."),
        (
            Check(
                "access.support.nothing",
                "the role of staff reads no table, calls no function and becomes nobody else",
                Work.BOUNDARY,
                staff.support_reaches_nothing,
            ),
            Check(
                "access.support.breakglass",
                "the exception needs a reason and a second person, and ends by itself",
                Work.SUPPORT,
            ),
        ),
    ),
    Promise(
        "access.files",
        mark("Whoever opens a document is checked at that moment, and it is written down."),
        (
            Check("access.files.links", "guessed and shared links lead nowhere", Work.BOUNDARY, files.links),
            Check(
                "access.files.downloads",
                "what is handed out is saved, not shown, kept by no cache, and written down",
                Work.BOUNDARY,
                files.downloads,
            ),
            Check(
                "access.files.store",
                "the store itself gives nothing to whoever asks it",
                Work.BOUNDARY,
                files.store_itself,
            ),
            Check("access.files.hostile", "hostile documents harm nobody", Work.BOUNDARY, documents.hostile),
        ),
    ),
    Promise(
        "access.views",
        mark("Candidates see who looked at their data, at which part, and when."),
        (
            Check(
                "access.views.sealed",
                "no role reads what is sealed of candidates but through functions",
                Work.BOUNDARY,
                views.sealed,
            ),
            Check(
                "access.views.trace",
                "every function that opens it leaves an entry, each called",
                Work.BOUNDARY,
                views.trace,
            ),
            Check(
                "access.views.routes",
                "so does every page and file that shows it, each asked",
                Work.BOUNDARY,
                views.routes,
            ),
        ),
    ),
)
