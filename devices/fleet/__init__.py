"""A simulated network of scanners and trackers: what truly happens on one side, faults of transport on the other.

`scenario` makes, from a seed and a network, the timeline of what honest devices report and the ground truth: which
returns and containers are lost, late or astray, by the rules of tracking. `faults` draws what goes wrong between
devices and gateway, `simulation` lets the SDK live through both in virtual time, `run` does so on a real broker, and
`score` compares the alerts that were raised with the truth. All but `run` are pure.
"""
