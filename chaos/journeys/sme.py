"""A small business that has wages and suppliers to pay: the consumer's road with larger amounts."""

from __future__ import annotations

from chaos.journeys._borrow import Borrowing

# Amounts and terms: chosen, not measured.
JOURNEY = Borrowing("sme", low_minor=200_000, high_minor=900_000, terms_months=(6, 12, 24))
