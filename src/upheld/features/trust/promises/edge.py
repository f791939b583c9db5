"""What is promised about the way in: connections, headers, where the application runs."""

from upheld.features.trust.model import Check, Promise, Work
from upheld.features.trust.probes import (
    admission,
    caching,
    certificates,
    devices,
    handshakes,
    headers,
    isolation,
    renewal,
    residency,
)
from upheld.platform.i18n import mark

PROMISES = (
    Promise(
        "edge.tls",
        mark("Nothing travels unencrypted: every connection, inward and outward, uses TLS 1.2 or a newer version."),
        (
            Check("edge.tls.versions", "old versions are refused, new ones accepted", Work.TRUST, handshakes.versions),
            Check(
                "edge.tls.outbound",
                "every configured outbound connection verifies its certificate",
                Work.TRUST,
                handshakes.outbound,
            ),
        ),
    ),
    Promise(
        "edge.hsts",
        mark("Browsers are told for a year to come back over HTTPS only, on this name and the names below it."),
        (Check("edge.hsts.everywhere", "every answer says so, errors included", Work.TRUST, headers.hsts),),
    ),
    Promise(
        "edge.headers",
        mark(
            "No other site can frame a page, guess at its type or read where people came from, and a page runs no "
            "script or style that was written into it."
        ),
        (
            Check(
                "edge.headers.routes",
                "every route carries every header, whatever it answers",
                Work.SPINE,
                headers.routes,
            ),
            Check(
                "edge.headers.errors",
                "so does what never reaches a route, static files included",
                Work.SPINE,
                headers.errors,
            ),
            Check("edge.headers.sockets", "so does the refusal of a WebSocket", Work.SPINE, headers.sockets),
        ),
    ),
    Promise(
        "edge.camera",
        mark("No page may use a camera or a microphone, except the one on which an assessment is taken."),
        (
            Check(
                "edge.camera.routes",
                "every route denies both, but for the one that needs them",
                Work.TRUST,
                devices.routes,
            ),
        ),
    ),
    Promise(
        "edge.certificates",
        mark("Certificates are obtained and renewed without anybody remembering to."),
        (
            Check(
                "edge.certificates.renewal",
                "a new certificate is taken over under load, without a dropped connection",
                Work.TRUST,
                renewal.taken_over,
            ),
            Check("edge.certificates.left", "the one in use is far from its end", Work.TRUST, certificates.left),
        ),
    ),
    Promise(
        "edge.static",
        mark("Files without personal data may be kept anywhere for long; pages with personal data are kept nowhere."),
        (
            Check(
                "edge.static.caching",
                "each kind of answer says how long it may be kept, and by whom",
                Work.TRUST,
                caching.caching,
            ),
        ),
    ),
    Promise(
        "edge.isolation",
        mark("Each process of the application runs without privileges and reaches no more than its work needs."),
        (
            Check(
                "edge.isolation.process",
                "the running processes have no rights they do not need",
                Work.TRUST,
                isolation.process,
            ),
            Check("edge.isolation.manifests", "what we ship for running it grants none", Work.TRUST, isolation.shipped),
        ),
    ),
    Promise(
        "edge.residency",
        mark("People's data stays in the region that the operator has declared."),
        (
            Check(
                "edge.residency.regions",
                "every store and processor lies in that region, or start-up refuses",
                Work.TRUST,
                residency.regions,
            ),
        ),
    ),
    Promise(
        "edge.database",
        mark("The database answers to the application's network alone, and only over encrypted connections."),
        (
            Check(
                "edge.database.connection",
                "every role is connected on this machine, or over TLS that proves who answers",
                Work.BOUNDARY,
                admission.connections,
            ),
            Check(
                "edge.database.refused",
                "nothing starts against a database elsewhere that need not prove who it is",
                Work.BOUNDARY,
                admission.refused,
            ),
            Check(
                "edge.database.admits",
                "the server lets in nobody without a password, and nobody from afar without TLS",
                Work.BOUNDARY,
                admission.admits,
            ),
            Check(
                "edge.database.manifests",
                "what we ship for the database admits nobody else",
                Work.BOUNDARY,
                admission.shipped,
            ),
        ),
    ),
)
