"""Which passwords are refused, and what is kept of those that are not."""

import statistics
import time

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from guichet.accounts import passwords
from guichet.accounts.models import Account

CAMILLE = Account(full_name="Camille Dupré-Martin", email="camille.dupre@ecologie.example")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("court", "au moins 12 caractères"),
        ("onze lettre", "au moins 12 caractères"),
        ("x" * 201, "200 caractères au plus"),
        ("123456789012", "aucune lettre"),
        ("2026-11-23 14:05", "aucune lettre"),
        ("ababababababab", "caractères différents"),
        ("MotDePasse2026!", "plus courants"),
        ("motdepasseMotdepasse", "plus courants"),
        ("azertyuiop12345", "plus courants"),
        ("Ministère2026!!", "plus courants"),
        ("Camille-Dupre-2026", "votre nom"),
        ("camille.dupre@ecologie.example", "votre nom"),
        ("CAMILLEDUPREMARTIN", "votre nom"),
    ],
)
def test_weakness_says_what_is_wrong(password, why):
    assert why in passwords.weakness(password, CAMILLE)


@pytest.mark.parametrize(
    "password",
    [
        "quatre vélos verts",
        "camille aime les vélos verts",
        "Xk9#mQ2$vL7p",
        "пароль из слов",
        "猫が好きで毎日散歩する人",
    ],
)
def test_weakness_accepts_what_is_hard_to_guess(password):
    assert passwords.weakness(password, CAMILLE) == ""


@given(st.text(max_size=300))
def test_weakness_never_raises(password):
    assert isinstance(passwords.weakness(password, CAMILLE), str)


def test_matches_only_the_password_itself():
    kept = passwords.hashed("quatre vélos verts")

    assert kept.startswith("$argon2id$")
    assert passwords.matches("quatre vélos verts", kept)
    assert not passwords.matches("quatre vélos vert", kept)


@pytest.mark.parametrize("stored", [None, "", passwords.NONE, "not a hash"])
def test_matches_nothing_when_there_is_no_password(stored):
    assert not passwords.matches("", stored)
    assert not passwords.matches("!", stored)


def test_matches_takes_as_long_for_nobody():
    kept = passwords.hashed("quatre vélos verts")
    passwords.matches("warm up", None)

    def spent(stored):
        times = []
        for _ in range(7):
            started = time.perf_counter()
            passwords.matches("un autre mot de passe", stored)
            times.append(time.perf_counter() - started)
        return statistics.median(times)

    assert 0.5 < spent(None) / spent(kept) < 2


def test_a_hash_of_other_parameters_is_outdated():
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("quatre vélos"))
    assert not passwords.is_outdated(passwords.hashed("quatre vélos"))
