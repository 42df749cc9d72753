"""network.yaml, checked and turned into the plan that the rules read (interfaces.md section 4).

A file goes through one room after another: `source` (text to YAML nodes), `values` (nodes to plain values), `schema`
and `checked` (the shape of each entry), `references`, `stops`, `bindings`, `hours` (the rules between entries),
`assembly` (the plan), `doubts` and `ground` (what is probably meant otherwise), `report` (what is told of it all).
Nothing here knows what the network is used for.
"""

from gateway.network.faults import Doubt, Fault, NetworkFaults
from gateway.network.loading import Examined, examine, examine_file, load, parse

__all__ = ["Doubt", "Examined", "Fault", "NetworkFaults", "examine", "examine_file", "load", "parse"]
