"""Reading YAML that comes from outside as bare text nodes, never as objects. Pure.

No tag, anchor or alias; a bounded size, depth and number of values. A fault is noted with its line, and reading goes on.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

import yaml

from guichet.core import clock
from guichet.core.errors import RuleBroken

# A call that asks all the questions that one may ask.
LARGEST_FILE = 400_000
DEEPEST = 7
MOST_NODES = 12_000
MOST_FAULTS = 50

T = TypeVar("T")


class Unreadable(RuleBroken):
    """A file that makes no call; `faults` are sentences, each with its line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults), field="text")
        self.faults = faults


def compose(text: str) -> yaml.MappingNode:
    if len(text.encode(errors="replace")) > LARGEST_FILE:
        raise Unreadable([f"Le fichier dépasse {LARGEST_FILE // 1000} ko."])
    try:
        _refuse_traps(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise Unreadable(
            [f"ligne {line} : cette écriture n’est pas du YAML. Vérifiez les retraits et les deux-points."]
        ) from None
    except yaml.YAMLError:
        raise Unreadable(["ligne 1 : le fichier contient un caractère interdit."]) from None
    if not isinstance(root, yaml.MappingNode):
        raise Unreadable(["ligne 1 : le fichier doit commencer par des lignes « clé: valeur »."])
    return root


def _refuse_traps(text: str) -> None:
    """Before anything is built: a few bytes must not unfold into a mountain."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable([f"ligne {line} : les ancres et les alias sont refusés. Répétez la valeur."])
        if getattr(event, "tag", None):
            raise Unreadable([f"ligne {line} : les étiquettes (« ! ») sont refusées. Écrivez la valeur seule."])
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable([f"ligne {line} : trop de niveaux sont emboîtés ({DEEPEST} au plus)."])
        if count > MOST_NODES:
            raise Unreadable([f"ligne {line} : le fichier est trop long ({MOST_NODES} valeurs au plus)."])


NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)


MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?([+-]\d\d:\d\d)?", re.ASCII)


SHAPE = "attend une date et une heure, comme 2027-01-04T08:00:00"


def _instant(written: str, zone: str) -> dt.datetime:
    """In UTC; without its offset, an hour of `zone`. Raises ValueError, saying why, when that is no hour."""
    try:
        found = dt.datetime.fromisoformat(written) if MOMENT.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError(SHAPE)
    if found.tzinfo is not None:
        return found.astimezone(dt.UTC)
    times = clock.instants_of(found, zone)
    if len(times) != 1:
        raise ValueError(
            f"tombe sur un changement d’heure : {'précisez le décalage' if times else 'cette heure n’existe pas'}"
        )
    return times[0]


class Block:
    """Reads one block; notes a fault and goes on, so that all are told at once."""

    def __init__(self, node: yaml.Node, path: str, faults: list[tuple[int, str]]) -> None:
        self.faults, self.path, self.node = faults, path, node
        self.held: dict[str, yaml.Node] = {}
        self.read: set[str] = set()
        self.lines: dict[tuple[str, str], int] = {}
        if not isinstance(node, yaml.MappingNode):
            self.blame(node, f"« {path} » attend des lignes « clé: valeur ».")
            return
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in self.held:
                self.blame(key, f"la clé « {name[:60]} » est écrite deux fois.")
            self.held.setdefault(name, value)

    def blame(self, node: yaml.Node, message: str) -> None:
        self.faults.append((node.start_mark.line + 1, message))

    def take(self, name: str, *, optional: bool = False) -> yaml.Node | None:
        self.read.add(name)
        node = self.held.get(name)
        if node is None and not optional:
            self.blame(self.node, f"il manque « {self.path}{name} ».")
        return node

    def scalar(self, name: str, *, optional: bool = False) -> str | None:
        node = self.take(name, optional=optional)
        return None if node is None else self.scalar_of(node, name)

    def scalar_of(self, node: yaml.Node, name: str) -> str | None:
        if isinstance(node, yaml.ScalarNode):
            null = node.tag == "tag:yaml.org,2002:null"
            return "" if null else str(node.value)
        self.blame(node, f"« {name} » attend une seule valeur.")
        return None

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        text = self.scalar(name, optional=not required)
        if text is None:
            return ""
        node = self.held[name]
        if required and not text.strip():
            self.blame(node, f"« {name} » est vide.")
        if len(text) > longest:
            self.blame(node, f"« {name} » dépasse {longest} caractères.")
        self.check(node, name, text)
        return text

    def check(self, node: yaml.Node, name: str, text: str) -> None:
        if any(c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cs"} for c in text):
            self.blame(node, f"« {name} » contient un caractère interdit.")

    def number(self, name: str, least: Decimal, most: Decimal, places: int) -> Decimal:
        written = self.scalar(name)
        if written is None:
            return least
        node = self.held[name]
        if not NUMBER.fullmatch(written) or len(written.partition(".")[2].rstrip("0")) > places:
            shape = "un nombre entier" if places == 0 else f"un nombre de {places} décimales au plus, comme 1250.50"
            self.blame(node, f"« {name} » attend {shape}.")
            return least
        number = Decimal(written)
        if not least <= number <= most:
            self.blame(node, f"« {name} » doit être entre {least:f} et {most:f}.")
            return least
        return number

    def whole(self, name: str, least: int, most: int) -> int:
        return int(self.number(name, Decimal(least), Decimal(most), 0))

    def whole_or_none(self, name: str, least: int, most: int) -> int | None:
        """None when the key is absent or left empty."""
        if not self.scalar(name, optional=True):
            return None
        return self.whole(name, least, most)

    def truth(self, name: str) -> bool:
        written = self.scalar(name)
        known = {"true": True, "oui": True, "false": False, "non": False}
        if written is not None and written.lower() not in known:
            self.blame(self.held[name], f"« {name} » attend « true » ou « false ».")
        return known.get((written or "").lower(), False)

    def choice(self, name: str, known: Mapping[str, T]) -> T:
        written = self.scalar(name)
        if written is not None and written not in known:
            self.blame(self.held[name], f"« {name} » attend l’une de ces valeurs : {', '.join(known)}.")
        return known.get(written or "") or next(iter(known.values()))

    def moment(self, name: str, zone: str) -> dt.datetime:
        written = self.scalar(name)
        if written is not None:
            try:
                return _instant(written, zone)
            except (ValueError, OverflowError) as problem:
                self.blame(self.held[name], f"« {name} » {problem if isinstance(problem, ValueError) else SHAPE}.")
        return dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

    def listed(self, name: str, most: int, read: Callable[[yaml.Node], T]) -> tuple[T, ...]:
        node = self.take(name, optional=True)
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.blame(node, f"« {name} » attend une liste, un tiret par ligne.")
            return ()
        if len(node.value) > most:
            self.blame(node, f"« {name} » compte {most} lignes au plus.")
        return tuple(read(item) for item in node.value[:most])

    def names(self, name: str, most: int, longest: int = 200) -> tuple[str, ...]:
        def read(item: yaml.Node) -> str:
            text = self.scalar_of(item, name) or ""
            if not text.strip() or len(text) > longest:
                self.blame(item, f"« {name} » attend des noms de 1 à {longest} caractères.")
            self.check(item, name, text)
            if (name, text) in self.lines:
                self.blame(item, f"« {text[:60]} » est écrit deux fois dans « {name} ».")
            self.lines[name, text] = item.start_mark.line + 1
            return text

        return self.listed(name, most, read)

    def block(self, name: str) -> "Block":
        node = self.take(name)
        return Block(
            node if node is not None else yaml.MappingNode("", [], self.node.start_mark), f"{name}.", self.faults
        )

    def done(self) -> None:
        for name, node in self.held.items():
            if name not in self.read:
                self.blame(node, f"la clé « {name[:60]} » n’est pas connue.")


def told(faults: list[tuple[int, str]]) -> list[str]:
    """The faults as sentences, in the order of the file."""
    ordered = sorted(set(faults))
    more = len(ordered) - MOST_FAULTS
    sentences = [f"ligne {line} : {message}" for line, message in ordered[:MOST_FAULTS]]
    return [*sentences, f"et {more} autres erreurs."] if more > 0 else sentences
