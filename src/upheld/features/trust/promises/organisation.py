"""What is promised about the organisation behind it all."""

from upheld.features.trust.model import Check, Promise, Work
from upheld.features.trust.probes import dependencies, disclosure, outbound, proof
from upheld.platform.i18n import mark

PROMISES = (
    Promise(
        "org.breach",
        mark("Should data get out, the authority and the people concerned hear of it without delay, within 72 hours."),
        (Check("org.breach.drill", "a drill computes who is affected and sends word in time", Work.REGISTERS),),
    ),
    Promise(
        "org.subprocessors",
        mark("Whoever works for us with people's data is listed, and customers hear of a change before it happens."),
        (Check("org.subprocessors.hosts", "every host that data goes to is on the list", Work.REGISTERS),),
    ),
    Promise(
        "org.transfers",
        mark("Data crosses a border only under a safeguard that is on record."),
        (Check("org.transfers.record", "no transfer lacks its safeguard", Work.REGISTERS),),
    ),
    Promise(
        "org.contact",
        mark("It is said whom to turn to, and a complaint gets a reference and a date."),
        (Check("org.contact.route", "contact, grievance route and authority are named, and answer", Work.RIGHTS),),
    ),
    Promise(
        "org.disclosure",
        mark("Whoever finds a weakness is told how to report it, and that they have nothing to fear."),
        (
            Check(
                "org.disclosure.security_txt",
                "security.txt is valid and not expired",
                Work.TRUST,
                disclosure.security_txt,
            ),
            Check(
                "org.disclosure.policy",
                "the policy it names is there, with its safe harbour",
                Work.TRUST,
                disclosure.policy,
            ),
        ),
    ),
    Promise(
        "org.dependencies",
        mark("What we build on is published, piece by piece, and watched for known weaknesses."),
        (
            Check("org.dependencies.scan", "the last clean scan is recent", Work.TRUST, dependencies.scan),
            Check(
                "org.dependencies.bill",
                "the published bill of materials is what is installed",
                Work.TRUST,
                dependencies.published,
            ),
        ),
    ),
    Promise(
        "org.outbound",
        mark("An address that somebody gives us is fetched over HTTPS from the public internet, or not at all."),
        (
            Check(
                "org.outbound.corpus", "no spelling, redirect or name service leads inside", Work.TRUST, outbound.corpus
            ),
        ),
    ),
    Promise(
        "org.compliance",
        mark("Each duty under the data-protection laws of India, Europe and California is mapped to what meets it."),
        (Check("org.compliance.duties", "no duty is without a control that passes", Work.DUTIES),),
    ),
    Promise(
        "org.proof",
        mark("What the trust page shows is the result of code that ran, and nothing else."),
        (
            Check("org.proof.signed", "the trust page equals the last signed run", Work.TRUST, proof.signed),
            Check("org.proof.verifier", "the verifier that is served finds it genuine", Work.TRUST, proof.verifier),
        ),
    ),
)
