"""Passwords: how they are kept (Argon2id), and which ones are refused, with the reason in words."""

import functools
import re
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from guichet.accounts.models import Account

SHORTEST, LONGEST = 12, 200
# Letters and digits that must remain of a password once the person's own name and address are taken out of it.
OWN_PART = 8
# What an account holds until its person chooses a password: no hash, so nothing matches it.
NONE = "!"

# OWASP's least for Argon2id (19 MiB, two passes): some 25 ms. Older hashes are renewed at the next sign-in.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# Compared without case, accents, digits and signs, and once only: « MotDePasse-motdepasse1 » is « motdepasse ».
_USUAL = """
    abcdefgh abcdefghij abcdefghijkl abcdefghijklmnop abcdefghijklmnopqrstuvwxyz admin administrateur administration
    administrator azerty azertyui azertyuiop azertyuiopqsdf azertyuiopqsdfghjklm bienvenue bonjour changeme changemoi
    chocolat coucou doudou football france franceconnect guichet iloveyou jetaime letmein loulou marianne marseille
    ministere motdepasse motdepassetemporaire numerique ordinateur paris passe passw passwd password passwrd provisoire
    qsdfghjklm qwerty qwertyui qwertyuiop qwertyuiopasdf republique republiquefrancaise secret soleil superman
    temporaire test utilisateur vivelafrance welcome wxcvbn
"""
USUAL = frozenset(_USUAL.split())


def hashed(password: str) -> str:
    return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether `password` is the one kept as `stored`; as long to answer when there is nothing to compare with."""
    known = stored is not None and stored != NONE
    try:
        _hasher.verify(stored if stored and known else _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return known


def is_outdated(stored: str) -> bool:
    """Whether the parameters of `stored` are not today's."""
    return _hasher.check_needs_rehash(stored)


def weakness(password: str, account: Account) -> str:
    """What is wrong with `password` as this person's new one, in one French sentence; empty when it will do."""
    if len(password) < SHORTEST:
        return f"Choisissez au moins {SHORTEST} caractères : une phrase de quatre ou cinq mots convient très bien."
    if len(password) > LONGEST:
        return f"Choisissez {LONGEST} caractères au plus."
    folded = _folded(password)
    if len(_without_own_words(folded, account)) < OWN_PART:
        return "Ce mot de passe ressemble trop à votre nom ou à votre adresse électronique."
    return _easy_guess(folded)


def _easy_guess(folded: str) -> str:
    letters = re.sub(r"[\W\d_]", "", folded)
    if not letters:
        return "Ce mot de passe n’a aucune lettre : il se devine vite. Ajoutez des mots."
    if len(set(folded)) < 5:
        return "Ce mot de passe répète trop peu de caractères différents : il se devine vite."
    if re.sub(r"^(.+?)\1+$", r"\1", letters) in USUAL:
        return "Ce mot de passe est l’un des plus courants. Choisissez plutôt une phrase qui n’appartient qu’à vous."
    return ""


@functools.cache
def _decoy() -> str:
    return hashed(secrets.token_urlsafe())


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _without_own_words(folded: str, account: Account) -> str:
    own = re.findall(r"\w+", _folded(f"{account.full_name} {account.email}").replace("_", " "))
    for word in sorted({word for word in own if len(word) > 2}, key=len, reverse=True):
        folded = folded.replace(word, "")
    return re.sub(r"[\W_]", "", folded)
