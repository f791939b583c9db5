"""What is generated is what its source says, and every setting explains itself."""

from dataclasses import fields

import pytest

from tests.support.deployment import Deployment
from tools import data_map
from tools.settings import PAGE, page
from tools.words import error_messages
from upheld.platform.settings import Settings, reference


def test_the_page_of_settings_is_fresh() -> None:
    assert PAGE.read_text() == page(), "run `make fix`"


@pytest.mark.anyio
async def test_the_data_map_is_fresh(deployment: Deployment) -> None:
    assert data_map.PAGE.read_text() == data_map.page(await data_map.read(deployment)), "run `make fix`"


def test_every_setting_says_what_it_means() -> None:
    explained = {name.removeprefix("UPHELD_").lower(): meaning for name, _, meaning in reference()}
    assert [setting.name for setting in fields(Settings) if len(explained.get(setting.name, "")) < 20] == []


def test_the_messages_of_errors_are_sentences_for_people() -> None:
    odd = [f"{file}: {message}" for file, message in error_messages() if not message.endswith(".") or "!" in message]
    assert odd == []
