"""The ways of appeal printed with every refusal: on the page, in the letter, in the e-mail, in the same words."""

# Between public bodies: to the author of the decision, or to the authority above, within the usual two months.
WAYS_OF_APPEAL = (
    "Si vous contestez cette décision, vous pouvez, dans les deux mois qui suivent sa notification, demander à son auteur "
    "de la revoir (recours gracieux), ou saisir l’autorité dont il relève (recours hiérarchique)."
)
