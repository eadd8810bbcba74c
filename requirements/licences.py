"""Write LICENCES.md: every package of the lock files and its licence, as its own metadata states it."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

HERE = Path(__file__).parent
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
TITLES = {"base": "The application", "dev": "Tests and checks, besides"}


def licence_of(package: Distribution) -> str:
    metadata = package.metadata
    if metadata.get("License-Expression"):
        return str(metadata["License-Expression"])
    classified = [
        value.split(" :: ")[-1] for value in metadata.get_all("Classifier", []) if value.startswith("License ::")
    ]
    written = str(metadata.get("License", "")).partition("\n")[0]
    return ", ".join(classified) or written or "see its files"


def table(names: list[tuple[str, str]]) -> str:
    rows = []
    for name, version in names:
        try:
            rows.append(f"| {name} | {version} | {licence_of(distribution(name))} |")
        except PackageNotFoundError:
            rows.append(f"| {name} | {version} | not needed on this platform |")
    return "\n".join(["| package | version | licence |", "|---|---|---|", *rows])


def main() -> None:
    listed: set[tuple[str, str]] = set()
    parts = ["# Licences of the dependencies\n\nWritten by `make lock`. Guichet itself is under EUPL-1.2."]
    for name, title in TITLES.items():
        locked = [found for found in LOCKED.findall((HERE / f"{name}.txt").read_text()) if found not in listed]
        listed.update(locked)
        parts.append(f"## {title}\n\n{table(locked)}")
    (HERE / "LICENCES.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
