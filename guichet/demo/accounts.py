"""The demonstration's people and their one password: fit for a loopback address and for nothing else."""

from dataclasses import dataclass

DOMAIN = "demo.example"
PASSWORD = "sobriete-et-reemploi"  # noqa: S105 - public, and printed at each start


@dataclass(frozen=True)
class DemoAccount:
    name: str
    duty: str

    @property
    def email(self) -> str:
        return f"{self.name}@{DOMAIN}"


ACCOUNTS = (
    DemoAccount("porteur", "porteur de projet"),
    DemoAccount("referent", "référent numérique écoresponsable"),
    DemoAccount("instruction", "chargé d’instruction"),
    DemoAccount("evaluateur", "évaluateur"),
    DemoAccount("evaluateur2", "évaluateur"),
    DemoAccount("evaluateur3", "évaluateur"),
    DemoAccount("comite", "membre du comité"),
    DemoAccount("presidence", "président du comité"),
    DemoAccount("finances", "gestionnaire financier"),
    DemoAccount("admin", "administrateur"),
    DemoAccount("audit", "auditeur"),
)
