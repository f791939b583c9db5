"""What is promised about getting in."""

from upheld.features.trust.model import Check, Promise, Work
from upheld.features.trust.probes import (
    breached,
    crosssite,
    factors,
    freshness,
    guessing,
    inviting,
    landing,
    lockout,
    oauth,
    passwords,
    replaced,
    required,
    sessions,
    silence,
)
from upheld.platform.i18n import mark

PROMISES = (
    Promise(
        "auth.session",
        mark(
            "Sessions are kept on the server, travel in a cookie that no script can read, and are checked before any "
            "private page or interface runs."
        ),
        (
            Check(
                "auth.session.refused",
                "no private route gives anything to a missing, ended or forged session",
                Work.SPINE,
                sessions.refused,
            ),
            Check(
                "auth.session.revoked",
                "an ended session is worth nothing from the next request on",
                Work.SPINE,
                sessions.revoked,
            ),
            Check(
                "auth.session.cookie",
                "the cookie is bound to the site and carries a secret and nothing else",
                Work.SPINE,
                sessions.cookie,
            ),
            Check(
                "auth.session.public",
                "the routes that need no session are those of the published list",
                Work.SPINE,
                sessions.public,
            ),
            Check(
                "auth.session.fresh",
                "what takes everything along, cannot be undone or gives power asks for a fresh proof, and so does the "
                "database",
                Work.AUTH,
                freshness.fresh,
            ),
            Check(
                "auth.session.replaced",
                "what changes somebody's rights or ways in replaces the secret of their sessions, and former ones end",
                Work.AUTH,
                replaced.replaced,
            ),
            Check("auth.session.sockets", "no WebSocket opens without a session", Work.SPINE, sessions.sockets),
        ),
    ),
    Promise(
        "auth.password",
        mark("Passwords are stored as slow bcrypt hashes that grow slower with the years, never as written."),
        (
            Check("auth.password.cost", "every stored hash has at least the promised cost", Work.TRUST, passwords.cost),
            Check(
                "auth.password.grows",
                "a hash that has become too fast is replaced when its person signs in",
                Work.TRUST,
                passwords.grows,
            ),
            Check(
                "auth.password.handling",
                "long passwords count in full; short ones, and one's own address, are refused",
                Work.TRUST,
                passwords.handling,
            ),
            Check(
                "auth.password.breached",
                "passwords known from breaches, or made of one's own data, are refused wherever one is chosen",
                Work.AUTH,
                breached.breached,
            ),
        ),
    ),
    Promise(
        "auth.oauth",
        mark("Signing in through another provider never takes over an account that exists already."),
        (
            Check(
                "auth.oauth.attacks",
                "no statement of a provider opens or joins an account by its address, and none that is forged, late, "
                "another's or not asked for counts",
                Work.AUTH,
                oauth.attacks,
            ),
        ),
    ),
    Promise(
        "auth.strong",
        mark("Passkeys and one-time codes protect an account, and an organisation can ask its members for them."),
        (
            Check(
                "auth.strong.factors",
                "they let their person in, and cannot be replayed or passed by",
                Work.AUTH,
                factors.factors,
            ),
            Check(
                "auth.strong.required",
                "where an organisation asks for them, who has none is told, reaches nothing of it, gets in with one",
                Work.AUTH,
                required.required,
            ),
            Check(
                "auth.strong.reset",
                "neither a new password nor an address taken back opens an account without them",
                Work.AUTH,
                required.reset,
            ),
        ),
    ),
    Promise(
        "auth.ratelimit",
        mark("Whoever guesses is slowed down, per account and per address, across every machine we run on."),
        (
            Check(
                "auth.ratelimit.burst",
                "a burst is answered with a time to wait, wherever it comes from and whichever process answers",
                Work.TRUST,
                guessing.burst,
            ),
            Check(
                "auth.ratelimit.lockout",
                "strangers who guess keep nobody out of their account in a browser that it knows",
                Work.TRUST,
                lockout.lockout,
            ),
            Check(
                "auth.ratelimit.silence",
                "no answer to signing in, registering or verifying tells whether an account exists",
                Work.TRUST,
                silence.silence,
            ),
        ),
    ),
    Promise(
        "auth.redirect",
        mark("Signing in leads to a page of ours and nowhere else."),
        (Check("auth.redirect.corpus", "none of many hostile addresses is followed", Work.TRUST, landing.corpus),),
    ),
    Promise(
        "auth.invite",
        mark("An invitation changes nothing until the invited person, signed in, accepts it."),
        (
            Check(
                "auth.invite.acceptance",
                "there is no membership without an acceptance, and nothing is given before",
                Work.AUTH,
                inviting.acceptance,
            ),
        ),
    ),
    Promise(
        "auth.csrf",
        mark("Only this site itself can change anything in somebody's name."),
        (
            Check(
                "auth.csrf.routes",
                "every route that changes something refuses other sites",
                Work.TRUST,
                crosssite.routes,
            ),
        ),
    ),
)
