"""What is promised about personal data and people's rights in it."""

from upheld.features.trust.model import Check, Promise, Work
from upheld.features.trust.probes import basis, consents, erasure, exports, inventory, requests, retention, sharing
from upheld.platform.i18n import mark

PROMISES = (
    Promise(
        "data.inventory",
        mark(
            "Everything that is held of people is declared: what, what for, on what ground, how long, and who sees it."
        ),
        (
            Check(
                "data.inventory.columns",
                "no column of either database is without its declaration",
                Work.BOUNDARY,
                inventory.columns,
            ),
            Check(
                "data.inventory.published",
                "the published data map is what the databases hold",
                Work.BOUNDARY,
                inventory.published,
            ),
        ),
    ),
    Promise(
        "data.basis",
        mark("Whatever is done with people's data has a ground in law, and what rests on consent stops with it."),
        (
            Check(
                "data.basis.grounds",
                "every purpose has a ground in law, and what rests on consent can be withdrawn",
                Work.TRUST,
                basis.grounds,
            ),
            Check(
                "data.basis.standing",
                "nothing is there that rests on a consent which does not stand",
                Work.TRUST,
                basis.standing_rows,
            ),
            Check(
                "data.basis.withdrawn",
                "nothing that rests on a consent goes on after it is withdrawn",
                Work.TRUST,
                basis.withdrawn,
            ),
        ),
    ),
    Promise(
        "data.sharing",
        mark("An employer sees of a candidate what that candidate has shared, and nothing is ever sold."),
        (
            Check(
                "data.sharing.matrix",
                "tried between two parties, part by part, at each moment",
                Work.TRUST,
                sharing.matrix,
            ),
        ),
    ),
    Promise(
        "data.visibility",
        mark("Whoever hides their profile is found no more from that moment on."),
        (Check("data.visibility.search", "no search finds a hidden profile", Work.SEARCH),),
    ),
    Promise(
        "data.consent",
        mark("Each consent is kept with the words that were shown, and taken back as easily as given."),
        (
            Check("data.consent.steps", "withdrawing takes no more steps than giving", Work.TRUST, consents.steps),
            Check(
                "data.consent.appended",
                "what was agreed to is only added to, with the words shown, from where and when",
                Work.TRUST,
                consents.appended,
            ),
            Check(
                "data.consent.receipts",
                "each has a signed receipt in a standard form that says the same",
                Work.TRUST,
                consents.receipts,
            ),
        ),
    ),
    Promise(
        "data.access",
        mark("Everything that is held of somebody is theirs to download, complete and readable."),
        (
            Check(
                "data.access.complete",
                "every planted word, every row and every file is in it, and nobody else's",
                Work.TRUST,
                exports.complete,
            ),
        ),
    ),
    Promise(
        "data.rectify",
        mark("What is wrong can be put right, and those who were told learn of it."),
        (
            Check(
                "data.rectify.own",
                "what a person corrects is right at once wherever they look",
                Work.TRUST,
                requests.corrected,
            ),
            Check("data.rectify.told", "a correction reaches everyone who received the mistake", Work.RIGHTS),
        ),
    ),
    Promise(
        "data.erase",
        mark("Whoever leaves is gone soon after a time to reconsider, in thirty days at most, with a certificate."),
        (
            Check(
                "data.erase.complete",
                "no word, row, file, key or index entry of somebody who left is left, and the certificate verifies",
                Work.BOUNDARY,
                erasure.complete,
            ),
            Check(
                "data.erase.restore",
                "nor after an older backup is restored, which serves nobody until they are erased again",
                Work.BOUNDARY,
                erasure.restore,
            ),
        ),
    ),
    Promise(
        "data.restrict",
        mark("Objecting to what is done with one's data, or pausing it, takes effect at once."),
        (Check("data.restrict.at_once", "nothing is done with restricted data from that moment on", Work.RIGHTS),),
    ),
    Promise(
        "data.portable",
        mark("People take their data along in a format that other programs can read."),
        (
            Check(
                "data.portable.listed",
                "what is exported is JSON, each file listed with its checksum",
                Work.TRUST,
                requests.listed,
            ),
            Check(
                "data.portable.schema",
                "what is exported fits its published format, and can be read in again",
                Work.RIGHTS,
            ),
        ),
    ),
    Promise(
        "data.clock",
        mark("Every request about one's data is answered within thirty days, and the day is shown from the start."),
        (
            Check(
                "data.clock.erasures",
                "a request to leave is due within thirty days, and none is late without an alarm",
                Work.TRUST,
                requests.erasures,
            ),
            Check("data.clock.overdue", "no request is late without somebody having been alarmed", Work.RIGHTS),
        ),
    ),
    Promise(
        "data.retention",
        mark("What is kept has an end that is published, and at that end it goes."),
        (
            Check("data.retention.limits", "no row is older than its rule allows", Work.TRUST, retention.limits),
            Check(
                "data.retention.sweeper",
                "what removes them is at work, writes it down, and goes by the right clock",
                Work.TRUST,
                retention.sweeper,
            ),
        ),
    ),
    Promise(
        "data.notrain",
        mark("Candidates' data is weighed for the job they want, and trains nobody's model."),
        (Check("data.notrain.outbound", "nothing of it leaves but to where it must", Work.SCORING),),
    ),
)
