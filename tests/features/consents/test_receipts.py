"""Receipts for consents: what they say, that they are signed, and whose they are."""

import hashlib

import pytest

from tests.support.deployment import Deployment
from tests.support.hiring import applied
from upheld.features.consents.model import Purpose
from upheld.features.consents.receipts import MEANINGS, SCHEMA
from upheld.platform.signatures import is_signed

pytestmark = pytest.mark.anyio
_FIELDS = {
    "schema_version", "receipt_id", "pii_principal_id", "pii_processing", "party_identification", "event",
    "public_key", "how_to_verify", "signature",
}  # fmt: skip


def test_every_purpose_there_is_says_what_is_agreed_to() -> None:
    assert MEANINGS.keys() == set(Purpose)


async def test_each_consent_given_or_withdrawn_has_a_signed_receipt(deployment: Deployment) -> None:
    async with deployment.person("ada@example.org") as ada:
        await ada.form("/privacy/consents", purpose="resume-reading")
        answer = await ada.get("/privacy/receipts.json")
    assert "attachment" in answer.headers["content-disposition"]
    said = [
        (one["pii_processing"]["purposes"][0]["purpose_type"], one["event"]["event_state"]) for one in answer.json()
    ]
    assert said[0] == ("resume-reading", "withdrawn")
    assert sorted(said[1:]) == [("account", "given"), ("resume-reading", "given")]
    for one in answer.json():
        assert set(one) == _FIELDS
        assert one["schema_version"] == SCHEMA
        assert is_signed(one, deployment.platform.keys.public_keys())
        assert not is_signed({**one, "pii_principal_id": "somebody else"}, deployment.platform.keys.public_keys())


async def test_a_receipt_names_the_very_words_that_were_shown(deployment: Deployment) -> None:
    async with deployment.person("ada@example.org") as ada:
        notice = (await ada.get("/privacy/receipts.json")).json()[0]["pii_processing"]["privacy_notice"]
    async with deployment.connected("web") as connection:
        body, version = await connection.fetchrow(
            "select body, version from upheld.notices where id = $1", notice["id"]
        )
    assert (hashlib.sha256(body.encode()).hexdigest(), version) == (notice["sha256"], notice["version"])


async def test_the_receipt_for_an_application_names_the_employer_as_controller(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        first = (await sent.candidate.get("/privacy/receipts.json")).json()[0]
        theirs = (await sent.owner.get("/privacy/receipts.json")).json()
    platform, employer = first["party_identification"]
    assert first["pii_processing"]["purposes"][0]["pii_controllers"] == [employer["party_id"]]
    assert platform["party_name"] == "Test Operator"
    assert first["receipt_id"] not in {one["receipt_id"] for one in theirs}
