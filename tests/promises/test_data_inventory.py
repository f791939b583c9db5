"""data.inventory, green, and red under each of its sabotages."""

import json

import pytest

from tests.promises.faults import Outside, Scratch
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio


async def test_everything_that_is_held_is_declared_and_published(scratch: Scratch) -> None:
    for check_id in ("data.inventory.columns", "data.inventory.published"):
        (check,) = (await scratch.look(check_id)).checks
        assert check.state is CheckState.PASSED, check
        assert check.evidence["columns"] > 200


async def test_the_data_map_is_a_page_for_everyone(scratch: Scratch) -> None:
    async with scratch.deployment.browser() as nobody:
        page = await nobody.get("/about/data-map")
    assert page.status_code == 200
    assert "upheld.application_snapshots" in page.text
    assert "twelve months after the application is closed" in page.text


async def test_data_inventory_columns_is_red_when_one_is_added_without_a_word(scratch: Scratch) -> None:
    await scratch.change("alter table upheld.profiles add column shoe_size integer")
    await scratch.sees_red("data.inventory.columns", "upheld.profiles.shoe_size: is without its declaration")


async def test_data_inventory_columns_is_red_when_a_table_is_added_without_a_word(scratch: Scratch) -> None:
    await scratch.change("create table upheld.remarks (remark text)")
    await scratch.sees_red("data.inventory.columns", "upheld.remarks: nobody has said who sees it")


async def test_data_inventory_columns_is_red_when_a_declaration_says_nothing(scratch: Scratch) -> None:
    await scratch.change(
        'comment on column upheld.people.email_sealed is \'{"category": "misc", "kept": "for a while"}\''
    )
    await scratch.sees_red(
        "data.inventory.columns",
        "upheld.people.email_sealed: does not say category in a word that is known",
        "upheld.people.email_sealed: does not say kept in a word that is known",
        "upheld.people.email_sealed: does not say purposes",
    )


async def test_data_inventory_published_is_red_when_the_map_is_an_old_one(scratch: Scratch) -> None:
    async with scratch.deployment.browser() as nobody:
        shown = (await nobody.get("/about/data-map.json")).json()
    shown[0]["columns"][0]["declared"]["kept"] = "link"
    shown[1]["columns"].pop()
    scratch.serve(Outside(scratch.deployment.app, "/about/data-map.json", json.dumps(shown).encode()))
    await scratch.sees_red(
        "data.inventory.published",
        f"{shown[0]['name']}.{shown[0]['columns'][0]['name']} is published otherwise",
        "is held and not published",
    )
