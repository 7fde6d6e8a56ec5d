"""Links: where the pages of a figure and of its proof are."""

from __future__ import annotations

from uuid import UUID

from django.urls import Resolver404, resolve

LETTERS = {"metric": "/metrics/{}/", "receipt": "/metrics/receipts/{}/", "raw": "/api/v1/receipts/{}"}


def of_metric(name: str) -> str:
    """Return the address of a figure's page."""
    return LETTERS["metric"].format(name)


def of_receipt(receipt: UUID | str | None) -> str:
    """Return the address of a receipt's page; while nobody serves one, of the receipt itself. Empty for none."""
    if receipt is None:
        return ""
    address = LETTERS["receipt"].format(receipt)
    try:
        resolve(address)
    except Resolver404:
        return LETTERS["raw"].format(receipt)
    return address
