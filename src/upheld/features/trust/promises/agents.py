"""What is promised about assessments and interviews."""

from upheld.features.trust.model import Check, Promise, Work
from upheld.platform.i18n import mark

PROMISES = (
    Promise(
        "proctor.local",
        mark("Pictures from a camera are looked at in the candidate's own browser and go nowhere."),
        (
            Check(
                "proctor.local.bytes", "nothing but event flags leaves a real browser with a camera", Work.ASSESSMENTS
            ),
        ),
    ),
    Promise(
        "proctor.flags",
        mark("An assessment leaves behind short, fixed kinds of events, and no words about anybody."),
        (
            Check(
                "proctor.flags.schema", "neither the interface nor the database takes anything else", Work.ASSESSMENTS
            ),
        ),
    ),
    Promise(
        "agent.scope",
        mark("The agent sees which programs run and whether the microphone is on; the candidate sees what it sends."),
        (Check("agent.scope.trace", "it asks the operating system for nothing else", Work.AGENT),),
    ),
    Promise(
        "agent.pinned",
        mark("The agent talks to the one server it knows, and to no impostor with a valid certificate."),
        (Check("agent.pinned.impostor", "another trusted chain is refused", Work.AGENT),),
    ),
    Promise(
        "agent.quiet",
        mark("The agent listens to nobody: it opens no door on the candidate's machine."),
        (Check("agent.quiet.sockets", "it has no listening socket", Work.AGENT),),
    ),
    Promise(
        "agent.wss",
        mark("The agent's reports travel encrypted, with TLS 1.2 or newer, or not at all."),
        (Check("agent.wss.refused", "it sends nothing over anything less", Work.AGENT),),
    ),
)
