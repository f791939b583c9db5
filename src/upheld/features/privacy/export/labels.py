"""What the columns and values of the export are called on its page for people."""

from upheld.features.applications.wording import OWN_STAGE_NAMES
from upheld.features.privacy.wording import ACTS, PURPOSES, STATES
from upheld.platform.documents import DOCX, PDF
from upheld.platform.i18n import mark

COLUMNS = {
    "accepted_at": mark("Accepted"),
    "action": mark("What"),
    "at": mark("When"),
    "certificate": mark("Certificate"),
    "changed_at": mark("Last changed"),
    "closed_at": mark("Closed"),
    "created_at": mark("Made"),
    "details": mark("More about it"),
    "due_at": mark("Due"),
    "duty": mark("What for"),
    "email": mark("E-mail address"),
    "ended_at": mark("Ended"),
    "expires_at": mark("Ends"),
    "finished_at": mark("Finished"),
    "full_name": mark("Name"),
    "given": mark("Agreed"),
    "headline": mark("Headline"),
    "idle_for": mark("Ends when it is not used for"),
    "joined_at": mark("Since"),
    "keep_until": mark("Kept until"),
    "kind": mark("What about"),
    "last_seen_at": mark("Last used"),
    "letter": mark("Letter"),
    "location": mark("Place"),
    "made_at": mark("Since"),
    "media_type": mark("Kind of file"),
    "name": mark("File name"),
    "notice_version": mark("Wording of the notice"),
    "organisation_name": mark("Organisation"),
    "job_title": mark("Job"),
    "parameters": mark("What it says"),
    "part": mark("What was seen"),
    "phone": mark("Phone number"),
    "proven_at": mark("Password last shown"),
    "purpose": mark("What for"),
    "reason": mark("The employer's reason"),
    "requested_at": mark("Asked for"),
    "resume_bytes": mark("Size of the résumé"),
    "resume_media_type": mark("Kind of résumé"),
    "resume_name": mark("Résumé"),
    "revoked_at": mark("Ended early"),
    "role": mark("Role"),
    "sections": mark("What is shared"),
    "since": mark("Since"),
    "size_bytes": mark("Size"),
    "stage": mark("Where it stands"),
    "state": mark("Where it stands"),
    "submitted_at": mark("Sent"),
    "summary": mark("Summary"),
    "takes_up": mark("Begins again after a restore"),
    "target_kind": mark("About"),
    "text": mark("Text read from it"),
    "updated_at": mark("Last changed"),
    "uploaded_at": mark("Uploaded"),
    "verified_at": mark("Address confirmed"),
    "visibility": mark("Who can find you"),
}
"""Every column that is exported, but for the numbers that tie records together."""

DETAILS = {
    "applications": mark("Applications shown"),
    "fields": mark("What changed"),
    "job": mark("Number of the job"),
    "notice": mark("Number of the wording"),
    "others": mark("Sessions ended"),
    "outcome": mark("Decision"),
    "route": mark("Page"),
    "status": mark("Status"),
}
"""What else an act of the log says about itself, where no column has the same name."""

VALUES: dict[str, dict[str, str]] = {
    "action": ACTS,
    "duty": {"mail": mark("Sending you mails"), "erasure": mark("Erasing your account")},
    "media_type": {PDF: mark("PDF"), DOCX: mark("Word")},
    "resume_media_type": {PDF: mark("PDF"), DOCX: mark("Word")},
    "purpose": PURPOSES,
    "role": {"owner": mark("Owner"), "manager": mark("Manager"), "interviewer": mark("Interviewer")},
    "sections": {
        "identity": mark("Who you are"),
        "contact": mark("How to reach you"),
        "summary": mark("Your summary"),
        "resume": mark("Your résumé"),
    },
    "outcome": {str(stage): name for stage, name in OWN_STAGE_NAMES.items()},
    "stage": {str(stage): name for stage, name in OWN_STAGE_NAMES.items()},
    "state": STATES,
    "visibility": {"private": mark("Nobody: private"), "open": mark("Employers on this site")},
}
"""Values that are words of ours, by column."""
