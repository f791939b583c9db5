"""The contract of the front door: one slice enters another only through its public modules.

import-linter's own contracts can protect a module from everybody, not from everybody but
its own slice. Composition (`upheld.main`) stands outside the slices and mounts their pages.
"""

from typing import TYPE_CHECKING, ClassVar, cast

from importlinter import Contract, ContractCheck, fields, output

if TYPE_CHECKING:
    from grimp import ImportGraph


class FrontDoorContract(Contract):
    """Modules below `slices` import nothing of a neighbouring slice but its `doors`."""

    type_name: ClassVar[str] = "front_door"

    slices = fields.StringField()
    doors = fields.SetField(subfield=fields.StringField())

    def check(self, graph: "ImportGraph", verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - import-linter's signature
        """Find every import that enters a neighbour by a window."""
        breaches = sorted(
            (importer, imported)
            for importer in graph.modules
            for imported in graph.find_modules_directly_imported_by(importer)
            if self.enters_by_a_window(importer, imported)
        )
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say who entered where."""
        for importer, imported in check.metadata["breaches"]:
            output.print_error(f"{importer} reaches past the front door into {imported}")

    def enters_by_a_window(self, importer: str, imported: str) -> bool:
        """Whether an import leads from one slice into a private module of another."""
        slices, doors = cast("str", self.slices), cast("set[str]", self.doors)
        prefix = f"{slices}."
        if not (importer.startswith(prefix) and imported.startswith(prefix)):
            return False
        home, *_ = importer.removeprefix(prefix).split(".")
        away, *inside = imported.removeprefix(prefix).split(".")
        return home != away and bool(inside) and inside[0] not in doors
