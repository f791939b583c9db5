"""What is promised about what is stored, and how."""

from upheld.features.trust.model import Check, Promise, Work
from upheld.features.trust.probes import acts, atrest, backups, cookies, journal, rotation, standing, volumes
from upheld.platform.i18n import mark

PROMISES = (
    Promise(
        "store.atrest",
        mark("What is stored of people is encrypted with AES-256, under keys of their own that lie elsewhere."),
        (
            Check(
                "store.atrest.files",
                "planted words are in no file: data, logs, uploads, mails, temporary files",
                Work.SPINE,
                atrest.files,
            ),
            Check("store.atrest.rows", "nor in any row of any table", Work.SPINE, atrest.rows),
            Check(
                "store.atrest.statistics",
                "nor in what the database notes about its work",
                Work.SPINE,
                atrest.statistics,
            ),
            Check("store.atrest.keys", "no key in use lies outside the key files", Work.SPINE, atrest.keys),
            Check(
                "store.atrest.envelope",
                "every sealed column and every file holds ciphertext",
                Work.SPINE,
                atrest.envelope,
            ),
            Check(
                "store.atrest.backups",
                "nor do backups hold any of it, as they lie or opened",
                Work.BOUNDARY,
                backups.backups,
            ),
        ),
    ),
    Promise(
        "store.volume",
        mark("The disks under all of it, company data included, are encrypted too."),
        (
            Check(
                "store.volume.report",
                "the machine says so of everything that is stored, swap space included",
                Work.TRUST,
                volumes.report,
            ),
        ),
    ),
    Promise(
        "store.credentials",
        mark("What opens other systems for us is sealed with AES-256-GCM, with a fresh random nonce each time."),
        (Check("store.credentials.nonces", "no nonce occurs twice, and a changed bit is noticed", Work.INTEGRATIONS),),
    ),
    Promise(
        "store.rotation",
        mark("Every key above a person's own can be replaced while people work, and nothing is lost."),
        (
            Check(
                "store.rotation.load",
                "the key that seals who is asking is replaced while people work",
                Work.BOUNDARY,
                rotation.load,
            ),
            Check(
                "store.rotation.rehearsal",
                "every other key is replaced on a copy, and what the present ones made is still good",
                Work.BOUNDARY,
                rotation.rehearsal,
            ),
            Check("store.rotation.due", "the epoch key is as young as certificates say", Work.BOUNDARY, rotation.due),
        ),
    ),
    Promise(
        "store.audit",
        mark("Who did what, to what, when and from where is written down and cannot be changed."),
        (
            Check(
                "store.audit.append",
                "no role can change, remove or forge an entry, tried as every one of them",
                Work.BOUNDARY,
                journal.append_only,
            ),
            Check(
                "store.audit.complete",
                "acts of every kind that must be recorded are, refused ones too, with who, from where and a seal",
                Work.BOUNDARY,
                acts.complete,
            ),
            Check(
                "store.audit.standing",
                "so is every change of who belongs where, as what, and of how they get in",
                Work.AUTH,
                standing.standing,
            ),
        ),
    ),
    Promise(
        "store.transparent",
        mark("Not even whoever runs this can rewrite the log unnoticed."),
        (
            Check(
                "store.transparent.tree", "the log's tree is recomputed and agrees with what was signed", Work.WITNESSES
            ),
        ),
    ),
    Promise(
        "store.cookies",
        mark("Only cookies that the site cannot do without, nothing from third parties, nothing for advertising."),
        (
            Check(
                "store.cookies.routes",
                "no route sets another, and none asks another host for anything",
                Work.TRUST,
                cookies.routes,
            ),
        ),
    ),
)
