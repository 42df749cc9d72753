"""x"""
import typer
from gateway.cli.options import WhereOnEarth, gathered, examples
app = typer.Typer(add_completion=False)
@app.command(epilog=examples("replay --events [a].jsonl", "replay x"))
@gathered
def replay(*, where: WhereOnEarth, events: str = "-") -> None:
    """Run x through [it]."""
    print(where, events)
