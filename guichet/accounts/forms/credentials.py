"""Signing in, and choosing a password."""

from typing import Any

from wtforms import PasswordField
from wtforms.validators import InputRequired, Length, ValidationError

from guichet.accounts.passwords import LONGEST, SHORTEST
from guichet.web.fields import LineField
from guichet.web.forms import Form

PASSWORD_HINT = (
    f"{SHORTEST} caractères au moins. Le plus simple est une phrase de quatre ou cinq mots ; ni votre nom, ni votre "
    "adresse, ni un mot de passe courant."
)


def secret(label: str, *, description: str = "") -> Any:
    checks = [InputRequired("Ce champ est obligatoire."), Length(max=LONGEST, message=f"{LONGEST} caractères au plus.")]
    return PasswordField(label, checks, description=description)


class SignInForm(Form):
    email = LineField("Adresse électronique", longest=254, required=True)
    password = secret("Mot de passe")


class ForgottenPasswordForm(Form):
    email = LineField("Adresse électronique", longest=254, required=True)


class NewPasswordForm(Form):
    new = secret("Nouveau mot de passe", description=PASSWORD_HINT)
    confirmation = secret("Le même, une seconde fois")

    def validate_confirmation(self, field: Any) -> None:
        if field.data != self.new.data:
            raise ValidationError("Les deux mots de passe ne sont pas les mêmes.")


class ChangePasswordForm(NewPasswordForm):
    current = secret("Mot de passe actuel")
