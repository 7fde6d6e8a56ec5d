"""The templates of a business account: listed page by page, and held against what a send fills in."""

from __future__ import annotations

import re
from typing import Any

from simulator.refusals import Refusal

_BLANK = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_UNUSABLE = {"PAUSED": 132015, "DISABLED": 132016}
PAGE = 25


def _template(
    name: str, body: str, *, number: int, language: str = "pt_BR", category: str = "UTILITY", **parts: Any
) -> dict[str, Any]:
    """Return a template as Graph lists it; ``header``, ``footer``, ``buttons`` and ``status`` when given."""
    components: list[dict[str, Any]] = []
    if header := parts.get("header"):
        components.append({"type": "HEADER", **header})
    blanks = _BLANK.findall(body)
    example = {"example": {"body_text": [[f"exemplo {blank}" for blank in blanks]]}} if blanks else {}
    components.append({"type": "BODY", "text": body, **example})
    if footer := parts.get("footer"):
        components.append({"type": "FOOTER", "text": footer})
    if buttons := parts.get("buttons"):
        components.append({"type": "BUTTONS", "buttons": buttons})
    return {
        "id": str(590_000_000_000_000 + number),
        "name": name,
        "language": language,
        "status": parts.get("status", "APPROVED"),
        "category": category,
        "parameter_format": "POSITIONAL",
        "components": components,
    }


def usual() -> list[dict[str, Any]]:
    """Return the templates of a shop, anew: one of each sort that a hub must be able to fill in."""
    return [
        _template(
            "retomar_conversa", "Olá, {{1}}! Podemos continuar o seu atendimento?", number=1, footer="Loja Aurora"
        ),
        _template("retomar_conversa", "Hi {{1}}! Shall we go on?", number=2, language="en_US"),
        _template(
            "pedido_enviado",
            "Olá, {{1}}! O seu pedido {{2}} saiu para entrega.",
            number=3,
            header={"format": "TEXT", "text": "Pedido {{1}}", "example": {"header_text": ["4512"]}},
            buttons=[
                {"type": "URL", "text": "Acompanhar", "url": "https://loja.example/pedidos/{{1}}", "example": ["4512"]},
                {"type": "QUICK_REPLY", "text": "Falar com alguém"},
            ],
        ),
        _template(
            "nota_fiscal",
            "Segue a nota fiscal do pedido {{1}}.",
            number=4,
            header={"format": "DOCUMENT", "example": {"header_handle": ["https://loja.example/nota.pdf"]}},
        ),
        _template(
            "promocao_da_semana",
            "{{1}}, use o cupom e ganhe {{2}} de desconto até domingo.",
            number=5,
            category="MARKETING",
            header={"format": "IMAGE", "example": {"header_handle": ["https://loja.example/promo.jpg"]}},
            buttons=[{"type": "COPY_CODE", "example": "AURORA10"}],
            footer="Responda SAIR para não receber mais",
        ),
        _template("carrinho_esquecido", "{{1}}, o seu carrinho espera por você.", number=6, status="PAUSED"),
        _template("aviso_antigo", "Loja fechada no feriado.", number=7, status="REJECTED"),
    ]


class TemplateCatalog:
    """The templates of every account this simulator plays."""

    def __init__(self, templates: list[dict[str, Any]] | None = None) -> None:
        self.templates = usual() if templates is None else templates

    def page(self, limit: str, after: str) -> dict[str, Any]:
        """Return one page as Graph answers: ``data`` and ``paging``, whose ``next`` is there while more follows."""
        start = int(after) if after.isdecimal() else 0
        shown = self.templates[start : start + (int(limit) if limit.isdecimal() else PAGE)]
        end = start + len(shown)
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(self.templates):
            paging["next"] = f"https://graph.example/message_templates?after={end}"
        return {"data": shown, "paging": paging} if shown else {"data": []}

    def change(self, name: str, status: str, language: str = "") -> list[dict[str, Any]]:
        """Let templates of this name have another status; return them."""
        found = [one for one in self.templates if one["name"] == name and language in {"", one["language"]}]
        for one in found:
            one["status"] = status
        return found

    def check(self, sent: dict[str, Any]) -> None:
        """Hold a send against the template it names; one nobody listed passes. Raises ``Refusal`` as Graph does."""
        named = [one for one in self.templates if one["name"] == sent["name"]]
        if not named:
            return
        template = next((one for one in named if one["language"] == sent["language"]["code"]), None)
        if template is None:
            raise Refusal(132001, f"template name ({sent['name']}) does not exist in {sent['language']['code']}")
        if template["status"] != "APPROVED":
            raise Refusal(
                _UNUSABLE.get(template["status"], 132001), f"Template {sent['name']} is {template['status']}."
            )
        given = {
            part["type"]: part.get("parameters", []) for part in sent.get("components", []) if part["type"] != "button"
        }
        wanted = {part["type"].lower(): part for part in template["components"]}
        for part in ("header", "body"):
            _check_part(part, wanted.get(part, {}), given.get(part, []))
        _check_buttons(wanted.get("buttons", {}).get("buttons", []), sent.get("components", []))


def _check_part(name: str, part: dict[str, Any], given: list[dict[str, Any]]) -> None:
    form = part.get("format", "TEXT")
    if form != "TEXT":
        if len(given) != 1 or given[0].get("type") != form.lower():
            raise Refusal(132012, f"{name}: Format mismatch, expected {form}, received {len(given)} parameters")
        return
    blanks = len(set(_BLANK.findall(part.get("text", ""))))
    if blanks != len(given):
        raise Refusal(
            132000,
            f"{name}: number of localizable_params ({len(given)}) does not match the expected number of params ({blanks})",
        )


def _check_buttons(wanted: list[dict[str, Any]], components: list[dict[str, Any]]) -> None:
    given = {str(part.get("index")): part for part in components if part["type"] == "button"}
    for index, button in enumerate(wanted):
        needs = button["type"] == "COPY_CODE" or (button["type"] == "URL" and _BLANK.search(button.get("url", "")))
        if needs and str(index) not in given:
            raise Refusal(131008, f"Button at index {index} of type {button['type']} requires a parameter")
