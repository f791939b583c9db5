"""What becomes of a promise, and how a run ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from xmlschema import XMLSchema

from tests.promises.faults import Unwatched
from tests.support.catalog import connected
from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.server import serving
from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult, PromiseState, Report, Work
from upheld.features.trust.offline import problems_of
from upheld.features.trust.probe import CheckState, Finding, Probe
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runner import run, sign
from upheld.features.trust.scene import Scene
from upheld.features.trust.states import chosen, exit_code, said, state_of
from upheld.main.junit import junit
from upheld.main.supervisor import environment_of
from upheld.platform.signatures import is_signed

P, F, U, N = CheckState.PASSED, CheckState.FAILED, CheckState.UNPROVEN, CheckState.NOT_BUILT


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([P, P], "upheld"),
        ([P, F], "broken"),
        ([U, F, N], "broken"),
        ([P, U], "unproven"),
        ([P, U, N], "unproven"),
        ([P, N], "partly, 1 of 2"),
        ([P, P, N, N, N], "partly, 2 of 5"),
        ([N, N], "not built"),
        ([], "not built"),
    ],
)
def test_only_a_promise_whose_every_check_passed_is_upheld(found: list[CheckState], shown: str) -> None:
    assert said(found) == shown
    assert (state_of(found) is PromiseState.UPHELD) == (shown == "upheld")


def test_a_run_ends_with_1_when_broken_with_2_when_not_fully_proven_and_with_0_when_upheld() -> None:
    upheld, broken, unproven, partly, not_built = PromiseState
    assert exit_code([upheld, upheld]) == 0
    assert exit_code([upheld, broken, unproven]) == 1
    for short in (unproven, partly, not_built):
        assert exit_code([upheld, short]) == 2


def test_promises_are_chosen_by_name_or_by_family() -> None:
    assert [promise.id for promise in chosen(PROMISES, ["access.rls"])] == ["access.rls"]
    assert len(chosen(PROMISES, ["access"])) == 7
    assert chosen(PROMISES, ["acc"]) == []
    assert len(chosen(PROMISES, [])) == 59


def test_evidence_that_was_changed_is_not_genuine() -> None:
    key = Ed25519PrivateKey.generate()
    report = sign(Report([PromiseResult("access.rls", "broken", [])], {"at": "2026-11-22T00:00:00+00:00"}), key)
    keys = [key.public_key().public_bytes_raw()]
    assert is_signed(msgspec.to_builtins(report), keys)
    kinder = msgspec.structs.replace(report, promises=[PromiseResult("access.rls", "upheld", [])])
    assert not is_signed(msgspec.to_builtins(kinder), keys)
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert not is_signed(msgspec.to_builtins(report), [stranger])


@pytest.mark.anyio
async def test_a_probe_that_fails_proves_nothing_and_quotes_nothing(cluster: Cluster) -> None:
    async def stumble(_: Scene) -> Finding:
        msg = "ada@example.org"
        raise ValueError(msg)

    check = Check("a.check", "something", Work.SPINE, Probe(stumble, "none", "nothing", safe_in_production=True))
    async with deployed(cluster) as deployment:
        from tests.promises.faults import Scratch  # noqa: PLC0415

        scene = Scratch.around(deployment, cluster).scene
        report = await run(scene, [Promise("a.promise", "something", (check,))], Unwatched())
    assert report.promises[0].state == "unproven"
    assert report.promises[0].checks[0].evidence == {"could_not_look": "the probe failed: ValueError"}


def test_build_servers_read_what_failed_what_could_not_be_looked_at_and_what_is_missing() -> None:
    checks = [
        CheckResult("a.b.good", P, {}, 0.5),
        CheckResult("a.b.bad", F, {"faults": ["one \x00 < two", "three"]}, 0.25),
        CheckResult("a.b.dark", U, {"could_not_look": "No light."}, 0.0),
        CheckResult("a.b.later", N, {"brought_by": "issue 9"}, 0.0),
    ]
    report = Report([PromiseResult("a.b", "broken", checks)], {"at": "2026-11-22T00:00:00+00:00"})
    suite = ET.fromstring(junit(report))[0]  # noqa: S314 - our own
    counted = [suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")]
    assert counted == ["4", "1", "1", "1", "0.750"]
    assert [[child.tag for child in case] for case in suite] == [[], ["failure"], ["error"], ["skipped"]]
    assert suite[1][0].text == "one ? < two\nthree"
    assert suite[2][0].get("message") == "No light."


_SHAPE = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="count"><xs:restriction base="xs:nonNegativeInteger"/></xs:simpleType>
  <xs:complexType name="said"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="message" type="xs:string"/><xs:attribute name="type" type="xs:string" use="required"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:element name="testsuites"><xs:complexType><xs:sequence>
    <xs:element name="testsuite" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="testcase" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:choice minOccurs="0">
          <xs:element name="skipped" type="said"/><xs:element name="error" type="said"/>
          <xs:element name="failure" type="said"/>
        </xs:choice>
        <xs:attribute name="name" type="xs:token" use="required"/>
        <xs:attribute name="classname" type="xs:token" use="required"/>
        <xs:attribute name="time" type="xs:decimal" use="required"/>
      </xs:complexType></xs:element></xs:sequence>
      <xs:attribute name="name" type="xs:token" use="required"/>
      <xs:attribute name="tests" type="count" use="required"/>
      <xs:attribute name="failures" type="count" use="required"/>
      <xs:attribute name="errors" type="count" use="required"/>
      <xs:attribute name="skipped" type="count"/>
      <xs:attribute name="time" type="xs:decimal" use="required"/>
      <xs:attribute name="timestamp" type="xs:dateTime" use="required"/>
    </xs:complexType></xs:element></xs:sequence>
    <xs:attribute name="name" type="xs:string"/>
  </xs:complexType></xs:element>
</xs:schema>
"""
"""What the programs that read JUnit's XML have in common: the elements, and what stands in each."""


def fits_the_shape(content: bytes) -> bool:
    """Whether a file has the shape that build servers read."""
    return XMLSchema(_SHAPE).is_valid(content.decode())


def test_every_state_of_a_check_has_the_shape_that_build_servers_read() -> None:
    checks = [CheckResult(f"a.b.{state.name.lower()}", state, {"faults": ["<&>"]}, 0.125) for state in CheckState]
    said = junit(Report([PromiseResult("a.b", "broken", checks)], {"at": "2026-11-22T00:00:00+00:00"}))
    assert fits_the_shape(said)
    assert not fits_the_shape(said.replace(b"testcase", b"case"))
    assert not fits_the_shape(said.replace(b' type="failure"', b""))


@pytest.mark.anyio
async def test_the_command_proves_a_running_server_and_signs_what_it_found(cluster: Cluster) -> None:
    settings = await cluster.deploy()
    with serving(settings) as server:
        environment = {**environment_of(server.settings), "PYTHONPATH": str(Path.cwd())}
        command = [sys.executable, "-m", "upheld.main.cli", "verify", "--administrator", cluster.administrator]

        def verify(*names: str) -> "subprocess.CompletedProcess[str]":
            return subprocess.run(  # noqa: S603 - ourselves
                [*command, *names], env={**os.environ, **environment}, capture_output=True, text=True, check=False
            )

        suites = settings.var / "junit.xml"
        four = verify("--json", "--junit", str(suites), "edge.headers", "auth.session", "access.rls", "access.context")
        assert four.returncode == 0, four.stdout + four.stderr
        report = json.loads(four.stdout)
        assert [promise["state"] for promise in report["promises"]] == ["upheld"] * 4
        assert set(report) == {"promises", "summary", "signature"}
        assert set(report["promises"][0]) == {"id", "state", "checks"}
        assert set(report["promises"][0]["checks"][0]) == {"id", "state", "evidence", "seconds"}
        # As the design says it: nothing more, nothing less, and signed.
        assert msgspec.json.encode(msgspec.json.decode(four.stdout, type=Report)) == msgspec.json.encode(report)
        assert problems_of(report) == []
        assert problems_of({**report, "promises": report["promises"][1:]}) != []
        assert fits_the_shape(suites.read_bytes())
        assert [suite.get("failures") for suite in ET.fromstring(suites.read_bytes())] == ["0"] * 4  # noqa: S314 - our own
        with server.client() as client:
            shown = client.get("/trust.json", headers={"host": server.settings.host}).json()
        assert {"access.rls", "edge.headers"} <= {p["id"] for p in shown["promises"] if p["state"] == "upheld"}
        # The cluster's files lie elsewhere than this deployment knows: that is not proof.
        rest = verify("store.atrest", "data")
        assert rest.returncode == 2
        assert "unproven" in rest.stdout
        assert "not built" in rest.stdout
        async with connected(cluster, settings.database) as administrator:
            await administrator.execute("alter table upheld.jobs no force row level security")
        broken = verify("access.rls")
        assert broken.returncode == 1
        assert "row security is not forced on its owner" in broken.stdout
    dead = verify("access.rls")
    assert dead.returncode == 2
    assert "Is the deployment running?" in dead.stderr
