"""The dashboards of the operations team, as code: typed builders that give the JSON in `dashboards/json`.

`influxql` writes queries, `narrowing` the variables and what they narrow, `panels` the kinds of panels, and a module
for each dashboard says what it shows; `rules` has the alert rules of Grafana's own. `python -m dashboards` writes it
all. Names of measurements, tags and fields come from `gateway.points`; of the gateway nothing else is known here.
"""
