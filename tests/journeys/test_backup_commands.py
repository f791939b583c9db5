"""`upheld backup` and `upheld restore` as an operator types them, or cron."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.hiring import candidate
from upheld.main.supervisor import environment_of
from upheld.platform.settings import Settings


def test_an_operator_backs_up_restores_and_replays(cluster: Cluster, tmp_path: Path) -> None:
    settings = asyncio.run(with_a_candidate(cluster))

    def upheld(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**environment_of(settings), "UPHELD_ADMINISTRATOR": cluster.administrator}
        command = [sys.executable, "-m", "upheld.main.cli", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 - ourselves

    taken = upheld("backup", "data", str(tmp_path / "data"))
    assert taken.returncode == 0, taken.stderr
    folder = taken.stdout.splitlines()[0]
    assert "encrypted files" in taken.stdout
    assert "Rows\nEncrypted files\nReading it back" in taken.stderr, "in a pipe, a line for each step"
    keys = upheld("backup", "keyring", str(tmp_path / "keyring"))
    assert "opens until" in keys.stdout, keys.stderr
    assert "Keep the two apart" in upheld("backup", "keyring", str(tmp_path / "data")).stderr
    assert ", whole" in upheld("backup", "verify", folder).stdout
    assert "Nothing to remove." in upheld("backup", "prune", str(tmp_path / "data")).stdout

    refused = upheld("restore", "data", folder)
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    restored = upheld("restore", "--replace", "data", folder)
    assert restored.returncode == 0, restored.stderr
    assert "upheld erasures replay" in restored.stdout
    assert upheld("restore", "--replace", "keyring", keys.stdout.splitlines()[0]).returncode == 0
    assert "0 entries were missing" in upheld("restore", "register", folder).stdout
    assert "Nothing to do" in upheld("erasures", "replay").stdout


@pytest.mark.parametrize("words", [("backup", "data", "place"), ("keys", "rotate", "all"), ("erasures", "replay")])
def test_a_mistyped_folder_does_not_become_an_empty_deployment(tmp_path: Path, words: tuple[str, ...]) -> None:
    environment = {**os.environ, "UPHELD_VAR": str(tmp_path / "mistyped"), "UPHELD_DATABASE": ""}
    command = [sys.executable, "-m", "upheld.main.cli", *words]
    told = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    assert told.returncode == 1
    assert "There is no deployment in" in told.stderr
    assert not list(tmp_path.iterdir())


async def with_a_candidate(cluster: Cluster) -> Settings:
    """Return the settings of a deployment with one candidate in it."""
    async with deployed(cluster) as deployment, candidate(deployment):
        return deployment.settings
