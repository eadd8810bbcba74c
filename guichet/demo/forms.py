from wtforms import StringField
from wtforms.validators import Length, Optional

from guichet.web.forms import Form


class SearchForm(Form):
    recipient = StringField(
        "Destinataire", [Optional(), Length(max=200)], description="Une adresse ou une partie d’adresse."
    )
