"""What is tried in each table: rows to write and changes to make, each with a name.

Next to the try that some caller should succeed with stand those that nobody should: in
another's name, for another organisation, with what belongs to something else.
"""

from collections.abc import Mapping

from tests.boundary.populace import LATER, SEALED, hashed, id_of, job_values

Values = Mapping[str, str]
_NEW = "gen_random_uuid()"
_NOW = "upheld.clock_now()"
_CLOSED = f"closed_at = {_NOW}, keep_until = (({_NOW} at time zone 'UTC')::date + interval '12 months')::date"
_BEN = {"person_id": id_of("ben")}
_JOB = {**job_values("harbour", "open"), "id": _NEW}
_DOCUMENT = {
    "id": _NEW, "object_id": _NEW, "media_type": "'application/pdf'", "size_bytes": "1", "name_sealed": SEALED,
}  # fmt: skip
_CONSENT = {"purpose": "'account'", "notice_id": id_of("on accounts"), "given": "true"}
_ERASURE = {"id": _NEW, "receipt_hash": hashed("another"), "due_at": LATER}
_SHARED = {"organisation_id": id_of("quay"), "sections": "'{contact}'"}
_SEND = {
    "application_id": id_of("application ada@pier"), "organisation_id": id_of("pier"), "full_name_sealed": SEALED,
    "email_sealed": SEALED,
}  # fmt: skip


def _applying(organisation: str, status: str) -> Values:
    return {"id": _NEW, "organisation_id": id_of(organisation), "job_id": id_of(f"job {organisation} {status}")}


def _event(who: str, at: str, stage: str) -> Values:
    application = id_of(f"application {who}@{at}")
    return {
        "id": _NEW, "application_id": application, "organisation_id": id_of(at), "person_id": id_of(who),
        "stage": f"'{stage}'",
    }  # fmt: skip


INSERTS: Mapping[str, Mapping[str, Values]] = {
    "upheld.operator_invitations": {
        "a link": {"token_hash": hashed("new"), "expires_at": LATER},
        "a spent link": {"token_hash": hashed("new"), "expires_at": _NOW},
    },
    "upheld.notices": {
        "a wording": {
            "id": _NEW, "kind": "'account'", "version": "'new'", "language": "'xx'", "body": "'new'",
            "sha256": hashed("new"),
        }
    },
    "upheld.runs": {"a run": {"report": """'{"signature": ""}'"""}},
    "upheld.roles": {
        "within reach": {"id": _NEW, "name": "'Scribe'", "permissions": "'{job:manage}'"},
        "beyond reach": {"id": _NEW, "name": "'Regent'", "permissions": "'{job:manage,settings:change}'"},
        "for pier": {
            "id": _NEW, "name": "'Scribe'", "permissions": "'{job:manage}'", "organisation_id": id_of("pier"),
        },
    },
    "upheld.invitations": {
        "of one's own": {
            "id": _NEW, "organisation_id": id_of("harbour"), "role": "'owner'", "language": "'en'", "expires_at": LATER,
            "state": "'accepted'", "accepted_by": id_of("ada"), "answered_at": _NOW,
        },
    },
    "upheld.factor_rules": {
        "for pier": {"organisation_id": id_of("pier"), "starts_at": LATER},
    },
    "upheld.ownership_offers": {
        "to mona": {
            "organisation_id": id_of("harbour"), "person_id": id_of("ivan"), "offered_by": id_of("olga"),
            "steps_down": "true", "expires_at": LATER,
        },
    },
    "upheld.members": {
        "oneself": {
            "organisation_id": id_of("harbour"), "person_id": id_of("ada"), "role": "'owner'",
            "invitation_id": id_of("pending ada"),
        },
    },
    "upheld.fair_use_acceptances": {
        "of fair use": {"notice_id": id_of("on fair use again")},
        "of another notice": {"notice_id": id_of("on accounts")},
        "for mona": {"notice_id": id_of("on fair use again"), "person_id": id_of("mona")},
    },
    "upheld.consents": {
        "to an account": _CONSENT,
        "to an application": {
            "purpose": "'application'", "notice_id": id_of("on applications"), "organisation_id": id_of("pier"),
            "given": "true",
        },
        "with the wrong notice": {**_CONSENT, "notice_id": id_of("on fair use")},
        "in ben's name": {**_CONSENT, **_BEN},
    },
    "upheld.profiles": {"own": {"headline_sealed": SEALED}, "in ben's name": {"headline_sealed": SEALED, **_BEN}},
    "upheld.documents": {"own": _DOCUMENT, "in ben's name": {**_DOCUMENT, **_BEN}},
    "upheld.jobs": {"own organisation's": _JOB, "for pier": {**_JOB, "organisation_id": id_of("pier")}},
    "upheld.applications": {
        "to an open job": _applying("harbour", "spare"),
        "to a draft": _applying("harbour", "draft"),
        "to a closed job": _applying("harbour", "closed"),
        "to a job of another organisation": {**_applying("harbour", "spare"), "organisation_id": id_of("pier")},
        "in ben's name": {**_applying("harbour", "spare"), **_BEN},
    },
    "upheld.application_snapshots": {
        "what ada sends to pier": _SEND,
        "what ada sends to pier, in ben's name": {**_SEND, **_BEN},
    },
    "upheld.application_events": {
        "ada@harbour is withdrawn": _event("ada", "harbour", "withdrawn"),
        "ada@harbour moves on": _event("ada", "harbour", "review"),
        "ben@pier moves on": _event("ben", "pier", "review"),
        "ada@harbour moves on, as ben": {**_event("ada", "harbour", "review"), **_BEN},
    },
    "upheld.disclosures": {"to quay": _SHARED, "to quay, in ben's name": {**_SHARED, **_BEN}},
    "upheld.erasures": {
        "own": _ERASURE,
        "in forty days": {**_ERASURE, "due_at": f"{_NOW} + interval '40 days'"},
        "in ben's name": {**_ERASURE, **_BEN},
    },
    "queue.pgqueuer": {"a duty": {"priority": "0", "entrypoint": "'mail'", "status": "'queued'"}},
    "queue.pgqueuer_log": {
        "an outcome": {"job_id": "1", "status": "'successful'", "priority": "0", "entrypoint": "'mail'"},
        "a traceback": {
            "job_id": "1", "status": "'exception'", "priority": "0", "entrypoint": "'mail'", "traceback": "'{}'",
        },
    },
    "queue.pgqueuer_schedules": {
        "a duty": {"expression": "'0 * * * *'", "entrypoint": "'tidy'"},
        "an unknown duty": {"expression": "'0 * * * *'", "entrypoint": "'unknown'"},
    },
    "queue.pgqueuer_statistics": {
        "a sum": {"count": "1", "priority": "1", "status": "'successful'", "entrypoint": "'mail'"},
        "an unknown sum": {"count": "1", "priority": "1", "status": "'successful'", "entrypoint": "'unknown'"},
    },
}  # fmt: skip

CHANGES: Mapping[str, Mapping[str, str]] = {
    "upheld.people": {"choose a language": "language = 'hi'", "verify": f"verified_at = {_NOW}"},
    "upheld.sessions": {"end": f"revoked_at = {_NOW}", "act for nobody": "organisation_id = null"},
    "upheld.access_tokens": {"revoke": f"revoked_at = {_NOW}", "prolong": f"expires_at = {LATER}"},
    "upheld.organisations": {"rename": "name = 'Renamed'", "hide": "is_probe = true"},
    "upheld.roles": {"rename": "name = name || ' 2'", "widen": "permissions = permissions || '{settings:change}'"},
    "upheld.invitations": {"cross out the letter": "letter_sealed = null", "accept": "state = 'accepted'"},
    "upheld.factor_rules": {"put off": f"starts_at = {LATER}"},
    "upheld.members": {"promote": "role = 'owner', custom_role_id = null"},
    "upheld.profiles": {"edit": "visibility = 'open'", "give away": f"person_id = {id_of('ben')}"},
    "upheld.documents": {"forget the text": "text_sealed = null", "replace the text": f"text_sealed = {SEALED}"},
    "upheld.jobs": {"edit": "title = 'Sail maker'", "give away": f"organisation_id = {id_of('pier')}"},
    "upheld.applications": {
        "withdraw": f"stage = 'withdrawn', {_CLOSED}",
        "move on": "stage = 'review'",
        "reject for good": f"stage = 'rejected', closed_at = {_NOW}, keep_until = '2999-01-01'",
        "give away": f"person_id = {id_of('ben')}",
    },
    "upheld.disclosures": {"end": f"ended_at = {_NOW}", "give away": f"organisation_id = {id_of('quay')}"},
    "upheld.erasures": {"call off": "state = 'cancelled'", "put off": f"due_at = {_NOW} + interval '1 year'"},
    "queue.pgqueuer": {"take up": "status = 'picked'", "rename": "entrypoint = 'unknown'"},
    "queue.pgqueuer_log": {"sum up": "aggregated = true"},
    "queue.pgqueuer_schedules": {"advance": "status = 'picked'"},
    "queue.pgqueuer_statistics": {"add up": "count = 2"},
}
