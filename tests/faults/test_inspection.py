"""The inspector of the runs of faults has itself been seen to find each kind of fault."""

import pytest

from tests.features.privacy.test_erasure import RESUME
from tests.support.deployment import Deployment
from tests.support.faults.inspection import Findings, Inspector
from tests.support.faults.ledger import Ledger
from tests.support.hiring import applied

pytestmark = pytest.mark.anyio

PLANTED = {
    "an application without its snapshot": "delete from upheld.application_snapshots",
    "an application without its first event": "delete from upheld.application_events",
    "an application without a consent": "delete from upheld.consents where organisation_id is not null",
    "an application without a disclosure": "delete from upheld.disclosures",
    "an application without exactly one entry": (
        "delete from upheld.audit_entries where action = 'application.submitted'"
    ),
    "an entry about an application that is not there": "delete from upheld.applications",
    "a part of an application without": "delete from upheld.applications",
    "an application that stands elsewhere": "update upheld.applications set stage = 'interview'",
    "a document without exactly one entry": "delete from upheld.audit_entries where action = 'document.added'",
    "a document that was added": "delete from upheld.documents",
    "a job without exactly one entry": "delete from upheld.audit_entries where action = 'job.posted'",
    "a mail without work": "delete from queue.pgqueuer",
    "unreadable: profiles.headline_sealed": (
        "update upheld.profiles set headline_sealed ="
        " set_byte(headline_sealed, 40, 255 - get_byte(headline_sealed, 40))"
    ),
    "unreadable: application_snapshots.letter_sealed": (
        "update upheld.application_snapshots set letter_sealed = headline_sealed"
    ),
    "a file that does not open": "update upheld.documents set object_id = gen_random_uuid()",
    "a file of another size": "update upheld.application_snapshots set resume_bytes = resume_bytes + 1",
}
"""What is done behind the product's back, by how the finding begins."""


async def test_each_planted_fault_is_found_and_a_healthy_deployment_has_none(deployment: Deployment) -> None:
    async with applied(deployment, RESUME):
        connection = await deployment.administrator()
        try:
            inspector = Inspector(deployment.platform, connection)
            healthy = await inspector.inspect(Ledger())
            assert healthy.faults == []
            assert healthy.values > 10
            assert healthy.files == 2
            await connection.execute("set session_replication_role = replica")  # no trigger, no foreign key
            for fault, statement in PLANTED.items():
                found = await planted(inspector, statement)
                assert any(one.startswith(fault) for one in found.faults), (fault, found.faults)
        finally:
            await connection.close()


async def planted(inspector: Inspector, statement: str) -> Findings:
    """Return what is found after a statement, which is undone again."""
    undone = inspector.connection.transaction()
    await undone.start()
    assert await inspector.connection.execute(statement) not in {"DELETE 0", "UPDATE 0"}, statement
    found = await inspector.inspect(Ledger())
    await undone.rollback()
    return found


async def test_what_was_acknowledged_and_is_not_there_is_found(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        ledger = Ledger()
        ledger.tried("applied", "ada@example.org", "another letter", about=str(application.id)).acknowledged = True
        ledger.tried("moved", "owner@example.com", "interview", about=str(application.id)).acknowledged = True
        ledger.tried("uploaded", "ada@example.org", "no such digest").acknowledged = True
        ledger.tried("posted", "owner@example.com", about=str(application.id)).acknowledged = True
        ledger.tried("posted", "owner@example.com", about="never acknowledged")
        connection = await deployment.administrator()
        try:
            found = await Inspector(deployment.platform, connection).inspect(ledger)
        finally:
            await connection.close()
    assert [fault.split("kind='")[1].split("'")[0] for fault in found.faults] == [
        "applied",
        "moved",
        "uploaded",
        "posted",
    ]
