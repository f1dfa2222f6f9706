"""An import contract of our own: a module of commerce is entered by its front door."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PublicInterface(Contract):
    """Packages in `container` may be imported from outside only at their `public` modules."""

    type_name = "public_interface"

    container = fields.StringField()
    public = fields.SetField(subfield=fields.StringField())
    open_packages = fields.SetField(subfield=fields.StringField(), required=False)
    exempt_importers = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        exempt: set[str] = set()
        for root in self.exempt_importers or ():
            if root in graph.modules:
                exempt |= graph.find_descendants(root) | {root}
        broken = []
        for package in sorted(graph.find_children(self.container)):
            if package in (self.open_packages or ()):
                continue
            inside = graph.find_descendants(package) | {package}
            front_door = {f"{package}.{name}" for name in self.public}
            for private in sorted(inside - front_door):
                intruders = graph.find_modules_that_directly_import(private) - inside - exempt
                broken += [(intruder, private) for intruder in sorted(intruders)]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for intruder, private in check.metadata["broken"]:
            output.print_error(f"{intruder} reaches into {private}")
