"""What things are called on the pages of privacy."""

from upheld.platform.i18n import mark

PARTS = {
    "list": mark("Your name in a list of applications"),
    "application": mark("Your application"),
    "contact": mark("How to reach you"),
    "resume": mark("Your résumé"),
}
"""The parts of a candidate's data that the journal tells apart."""

PARTS_SEEN = {
    "list": mark("saw your name in a list of applications"),
    "application": mark("read your application"),
    "contact": mark("looked up how to reach you"),
    "resume": mark("opened your résumé"),
}
"""The same parts, as what an organisation did."""

PURPOSES = {
    "account": mark("Keeping an account for you"),
    "resume-reading": mark("Reading your résumés to fill in your profile"),
    "application": mark("Handling your applications"),
}

ACTS = {
    "account.language_chosen": mark("You chose the language of your mails"),
    "account.provider_linked": mark("You added another site to sign in with"),
    "account.provider_unlinked": mark("You removed another site to sign in with"),
    "account.address_change_asked": mark("You asked to use another address"),
    "account.address_changed": mark("You changed the address of your account"),
    "account.address_taken_back": mark("You took your former address back"),
    "account.password_changed": mark("You changed your password"),
    "account.password_reset": mark("You chose a new password by the link in a mail"),
    "account.reset_asked": mark("Somebody asked for a link to choose a new password"),
    "account.registered": mark("You created your account"),
    "account.verified": mark("You confirmed your address"),
    "activity.exported": mark("You downloaded what members of your organisation did"),
    "activity.viewed": mark("You looked at what members of your organisation did"),
    "application.decided": mark("You decided about an application"),
    "application.listed": mark("You opened a list of applications"),
    "application.moved": mark("You moved an application"),
    "application.opened": mark("You opened an application"),
    "application.submitted": mark("You applied for a job"),
    "application.withdrawn": mark("You took an application back"),
    "attempt.address_registered_again": mark("Somebody tried to register with your address"),
    "attempt.factor_failed": mark("Somebody who knew your password showed a wrong second factor"),
    "attempt.factor_limited": mark("Somebody who knew your password tried second factors too often"),
    "attempt.proof_failed": mark("Somebody entered a wrong password where you were signed in"),
    "attempt.refused": mark("You tried what is not yours to do"),
    "attempt.sign_in_failed": mark("Somebody tried to sign in with a wrong password"),
    "consent.given": mark("You gave a consent"),
    "consent.withdrawn": mark("You withdrew a consent"),
    "contact.opened": mark("You opened a candidate's contact"),
    "data.exported": mark("You downloaded everything"),
    "document.added": mark("You added a document"),
    "document.removed": mark("You removed a document"),
    "erasure.cancelled": mark("You called your leaving off"),
    "erasure.requested": mark("You asked to leave"),
    "factor.added": mark("You added a passkey or an app for codes"),
    "factor.asked": mark("You were asked for a second factor"),
    "factor.codes_made": mark("You made new recovery codes"),
    "factor.recovery_code_used": mark("You signed in with a recovery code"),
    "factor.removed": mark("You removed a passkey or an app for codes"),
    "invitation.accepted": mark("You accepted an invitation"),
    "invitation.declined": mark("You declined an invitation"),
    "invitation.revoked": mark("You took an invitation back"),
    "invitation.sent_again": mark("You sent an invitation again"),
    "job.changed": mark("You changed a job"),
    "job.posted": mark("You posted a job"),
    "member.invited": mark("You invited somebody"),
    "member.left": mark("You left an organisation"),
    "member.ownership_accepted": mark("You became an owner"),
    "member.ownership_offer_ended": mark("You declined ownership, or took an offer of it back"),
    "member.ownership_offered": mark("You offered ownership to a colleague"),
    "member.removed": mark("You removed a member"),
    "member.role_changed": mark("You changed a member's role"),
    "organisation.changed": mark("You changed what your organisation says"),
    "organisation.factor_required": mark("You asked the members of your organisation for a passkey or an app"),
    "organisation.factor_rule_lifted": mark("You let members of your organisation in with a password alone again"),
    "organisation.switched": mark("You went on to act for another organisation"),
    "permission.fair_use_accepted": mark("You accepted the fair-use policy"),
    "permission.organisation_founded": mark("You founded an organisation"),
    "permission.visibility_changed": mark("You changed who can find you"),
    "profile.changed": mark("You changed your profile"),
    "resume.opened": mark("You opened a candidate's résumé"),
    "role.altered": mark("You changed what a role may do"),
    "role.made": mark("You made a role"),
    "role.removed": mark("You removed a role"),
    "session.ended": mark("You signed out"),
    "session.ended_by_operator": mark("The operator ended your sessions"),
    "session.opened": mark("You signed in"),
    "session.proven": mark("You showed once more that it was you"),
    "token.made": mark("You made an access token"),
    "token.revoked": mark("You revoked an access token"),
}
"""Acts of the audit log, in words; one without words is shown by its name."""

DONE = {
    "given": mark("You have agreed. You can change your mind here at any time."),
    "withdrawn": mark("You have withdrawn your consent. What rested on it has stopped."),
    "called-off": mark("Called off. Your account stays, and nothing was removed."),
}
"""What has just been done, as the privacy centre says it."""

STATES = {
    "scheduled": mark("Scheduled"),
    "running": mark("Under way"),
    "cancelled": mark("Called off"),
    "done": mark("Done"),
    "pending": mark("Not answered"),
    "accepted": mark("Accepted"),
    "declined": mark("Declined"),
}
