"""A workflow table drawn as a Mermaid state diagram: the documentation is made from the code."""

from guichet.workflow.engine import Table


def mermaid(table: Table) -> str:
    """State diagram of `table`, one line a transition, in the order of the table."""
    arrows = [
        f"    {source.value} --> {transition.target.value} : {name} ({transition.actors})"
        for name, transition in table.items()
        for source in sorted(transition.sources)
    ]
    return "\n".join(["stateDiagram-v2", *arrows]) + "\n"
