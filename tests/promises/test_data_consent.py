"""data.consent, green, and red under each of its sabotages."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.promises.faults import Scratch

pytestmark = pytest.mark.anyio


class Insisting:
    """Answers whoever withdraws with one more question."""

    def __init__(self, app: Any) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Lead back without doing anything, unless something is given."""
        body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""
        withdraws = scope["path"] == "/privacy/consents" and "give" not in parse_qs(body.decode())

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        if withdraws:
            await send({"type": "http.response.start", "status": 303, "headers": [(b"location", b"/privacy?sure")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, again, send)


async def test_data_consent_steps_is_red_when_withdrawing_takes_one_press_more(scratch: Scratch) -> None:
    scratch.serve(Insisting(scratch.deployment.app))
    await scratch.sees_red(
        "data.consent.steps",
        "resume-reading: 2 steps give it, and 2 do not withdraw it",
        "application: 3 steps give it, and",
    )


async def test_data_consent_appended_is_red_when_consents_can_be_changed(scratch: Scratch) -> None:
    await scratch.change(
        "create policy consents_are_changed on upheld.consents for update to web"
        " using (person_id = (select upheld.current_person()))",
        "grant update (given) on upheld.consents to web",
    )
    await scratch.sees_red("data.consent.appended", "web can change consents")


async def test_data_consent_appended_is_red_when_the_last_word_overwrites_the_one_before(scratch: Scratch) -> None:
    await scratch.change(
        "create function upheld.overwrite() returns trigger language plpgsql security definer set search_path = '' as"
        " $$ begin delete from upheld.consents as c where c.person_id = new.person_id and c.purpose = new.purpose"
        " and c.id <> new.id; return null; end $$",
        "create trigger overwrite after insert on upheld.consents for each row execute function upheld.overwrite()",
    )
    await scratch.sees_red("data.consent.appended", "an earlier consent was changed or is gone")


async def test_data_consent_receipts_is_red_when_one_is_missing(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(
        "create policy some_are_left_out on upheld.consents as restrictive for select to web"
        " using (given or pg_catalog.current_query() !~ 'notice_sha256')"
    )
    cast = await scratch.scene.cast()
    await cast.candidate.send("/privacy/consents", {"purpose": "resume-reading"})
    await scratch.sees_red("data.consent.receipts", "4 consents, and 3 receipts")


async def test_data_consent_receipts_is_red_when_another_key_signs(scratch: Scratch) -> None:
    class Forging:
        """Changes what a receipt says on its way out."""

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def outgoing(message: Any) -> None:
                if scope["path"] == "/privacy/receipts.json" and message["type"] == "http.response.body":
                    message = {**message, "body": message["body"].replace(b'"given"', b'"given and never withdrawn"')}
                await send(message)

            await scratch.deployment.app(scope, receive, outgoing)

    scratch.serve(Forging())
    await scratch.sees_red(
        "data.consent.receipts",
        "a receipt is not signed by this deployment",
        "a receipt says something else than what is kept",
    )
