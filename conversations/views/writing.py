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
        "palette": _palette(),
        "forms": {
            "limits": _("At most {n} answers of {length} characters here."),
            "answer": _("Answer {n}"),
            "opens": _("Choose"),
            "no_question": _("Say what you ask."),
            "no_answers": _("Give at least one answer to choose."),
            "no_place": _("Say where: latitude from −90 to 90, longitude from −180 to 180."),
            "no_name": _("Say who it is."),
        },
        "copied": _("Copied."),
        "snoozed_until": _("until {until}"),
        "edit_field": _("{field}: {value}. Edit"),
        "yes": _("Yes"),
        "no": _("No"),
        "score_of": {"csat": _("{score} of 5"), "nps": _("{score} of 10")},
        "occurrences": _occurrences(),
        "earlier_one": _("Earlier conversation: {facts}"),
        "this_one": _("This conversation"),
        "promises": {
            "first_response": _("first response"),
            "next_response": _("next response"),
            "resolution": _("resolution"),
        },
    }


def keys() -> dict[str, str]:
    """Return what shortcuts and the palette's steps are called, beside those of the list."""
    return {
        "palette": _("All commands"), "send_resolve": _("Send and resolve"), "resolve_next": _("Resolve and next"),
        "snooze": _("Snooze…"), "label": _("Labels…"), "priority": _("Priority…"), "macro": _("Run a macro…"),
        "canned": _("Insert a canned reply…"), "pending": _("Set to pending"), "undo": _("Undo"),
    }  # fmt: skip


def events() -> dict[str, str]:
    """Return the sentences of what happens with a conversation, beside those of triage."""
    return {
        "routed.why": _("The conversation went to {why}"),
        "conversation.handoff": _("{actor} handed the conversation over to {team}"),
        "conversation.queued": _("The conversation waits in the queue"),
        "queued.returned": _("Given back to the queue"),
        "conversation.snoozed": _("{actor} snoozed the conversation until {until}"),
        "awoken": _("The snooze is over"),
        "conversation.field_changed": _("{actor} changed {field}"),
        "sla.breached": _("Promise broken: {promise}"),
        "survey.sent.csat": _("The customer was asked how it was"),
        "survey.sent.nps": _("The customer was asked whether they would recommend us"),
        "survey.answered.csat": _("The customer gave {score} of 5"),
        "survey.answered.nps": _("The customer gave {score} of 10"),
    }


def _occurrences() -> dict[str, str]:
    """Return what happened with a person outside of conversations, by the type of its event."""
    return {
        "order.placed": _("Order placed"), "order.paid": _("Order paid"), "order.cancelled": _("Order cancelled"),
        "order.refunded": _("Order refunded"), "order.ready_for_pickup": _("Order ready for pickup"),
        "order.picked_up": _("Order picked up"), "order.shipped": _("Order sent"),
        "order.delivered": _("Order delivered"), "cart.updated": _("Cart begun"),
        "payment_link.sent": _("Payment link sent"), "payment_link.opened": _("Payment link opened"),
        "payment_link.paid": _("Paid"), "opportunity.opened": _("Opportunity"),
        "opportunity.stage_changed": _("Opportunity went on"), "opportunity.won": _("Opportunity won"),
        "opportunity.lost": _("Opportunity lost"), "benefit.exposed": _("Benefit offered"),
        "benefit.used": _("Benefit used"), "store.visit": _("Visit to the store"),
        "survey.answered": _("Survey answered"), "customer.updated": _("Details updated"),
    }  # fmt: skip


def _palette() -> dict[str, Any]:
    return {
        "recent": _("Used last"),
        "actions": _("Actions"),
        "conversations": _("Conversations"),
        "people": _("Customers"),
        "messages": _("Messages"),
        "places": _("Go to"),
        "team": _("Team"),
        "found": forms("{n} command", "{n} commands"),
        "macro_done": _("“{name}” is done."),
        "macro_failed": _("“{name}”: {done} of {all} done. Not done: {why}"),
        "acts": {
            "reply": _("Reply"), "note": _("Private note"), "ask": _("Question"), "label": _("Label"),
            "unlabel": _("Take off a label"), "priority": _("Priority"), "assign": _("Assign"),
            "handoff": _("Hand over"), "snooze": _("Snooze"), "resolve": _("Resolve"),
        },
    }  # fmt: skip


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
