"""What others may hear about teams and their people, who know nothing of whoever listens."""

from django.dispatch import Signal

# Sent with `team`, `actor` (a user or None), `what` (a word: "joined", "role_changed", ...) and `data` (a dict of what
# the word needs: labels and roles, never a secret), inside the transaction that made it true.
told = Signal()
