"""A consumer: reads the limit, applies for a small loan, waits for the answer, repays one item."""

from __future__ import annotations

from chaos.journeys._borrow import Borrowing

# Amounts and terms: chosen, not measured.
JOURNEY = Borrowing("consumer", low_minor=50_000, high_minor=300_000, terms_months=(3, 6, 12))
