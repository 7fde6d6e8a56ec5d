"""The sentences said around the composer, the thread and the palette, and the names emoji are found by."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from conversations.views.plurals import forms


def words() -> dict[str, Any]:
    """Return the sentences by their key, as ``views.words`` does."""
    return {
        "attention": {
            "writes": _("{name} is answering…"),
            "views": _("{name} is looking at this too"),
            "ask": _("{name} is answering too. Send yours all the same?"),
        },
        "newer_draft": _("You have written on elsewhere: “{text}”"),
        "blanks": _("Nobody can fill in {names}: write something in its place."),
        "names_people": _("{names} will be told."),
        "mentioned": _("{actor} named you in a note."),
        "complete": {
            "/": _("Canned replies"),
            "@": _("Name somebody"),
            ":": _("Emoji"),
            "found": forms("{n} found", "{n} found"),
        },
        "emoji": emoji(),
    }


def emoji() -> dict[str, str]:
    """Return the emoji of the composer, each with the words it is found by."""
    return {
        "😀": _("grinning, happy"), "😊": _("smile, blush"), "😉": _("wink"), "😍": _("love, eyes"),
        "😂": _("laugh, tears"), "🙂": _("slight smile"), "😅": _("relief, sweat"), "😢": _("sad, cry"),
        "😮": _("surprised"), "🤔": _("thinking"), "🙏": _("thanks, please"), "👍": _("thumbs up, ok"),
        "👎": _("thumbs down"), "👏": _("applause"), "🙌": _("hurrah"), "👋": _("hello, wave"),
        "💪": _("strong"), "🤝": _("deal, handshake"), "❤️": _("heart, red"), "💜": _("heart, purple"),
        "🎉": _("party, congratulations"), "✨": _("sparkles"), "🔥": _("fire"), "⭐": _("star"), "✅": _("done, check"),
        "❌": _("no, cross"), "⚠️": _("warning"), "⏰": _("clock, late"), "📦": _("package, box"),
        "🚚": _("delivery, truck"), "🛍️": _("shopping, bags"), "💳": _("card, payment"),
    }  # fmt: skip
