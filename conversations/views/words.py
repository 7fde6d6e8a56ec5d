"""The sentences the inbox's scripts say, in the reader's language: scripts hold none of their own."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _, pgettext

from conversations.channels.registry import CHANNELS
from conversations.views import listed, writing
from conversations.views.plurals import forms
from conversations.views.reasons import reasons

FACES = ["👍", "❤️", "😂", "😮", "😢", "🙏"]  # to react with


def words() -> dict[str, Any]:
    """Return every sentence by its key; nested where a script looks up by a word of the contract."""
    return {
        "now": pgettext("time", "now"),
        "undo": _("Undo"),
        "could_not": _("That did not work: {reason}"),
        "out_of_reach": _("The hub cannot be reached. It is tried again by itself when the connection is back."),
        **_list(),
        **_done(),
        **_sending(),
        **_bubbles(),
        **_people(),
        "ways": _ways(),
        "picker": _picker(),
        "forms_of_kind": _kinds(),
        "media": _media(),
        "status": _statuses(),
        "ticks": _ticks(),
        "events": _events() | writing.events(),
        "route": reasons(),
        "contacts": _contacts(),
        "channels": _elsewhere() | {kind: _(adapter.title) for kind, adapter in CHANNELS.items()},
        "reaches": {kind: adapter.reaches for kind, adapter in CHANNELS.items()},
        "reacts": {kind: adapter.can_react for kind, adapter in CHANNELS.items()},
        "keys": _keys() | writing.keys(),
        **writing.words(),
        **listed.words(),
    }


def _list() -> dict[str, Any]:
    return {
        "you": _("You:"),
        "note_by": _("Note:"),
        "robot": _("Bot"),
        "device": _("From the phone"),
        "unknown_person": _("No name"),
        "customer_types": _("{name} is typing …"),
        "nobody": _("Nobody"),
        "assign": _("Assign"),
        "me": _("{name} (you)"),
        "new_rows": forms("{n} new", "{n} new ones"),
        "reopened_times": forms("{n} time", "{n} times"),
        "unread": forms("{n} unread", "{n} unread messages"),
        "window": _("window {left}"),
        "window_closed": _("window closed"),
    }


def _done() -> dict[str, str]:
    """Return what a toast says once it is done."""
    return {
        "resolved": _("Resolved. {name} can still answer."),
        "reopened": _("Reopened."),
        "assigned": _("{name} has the conversation now."),
        "unassigned": _("Back in the queue."),
        "taken": _("The conversation is yours."),
    }


def _sending() -> dict[str, Any]:
    return {
        "not_sent": _("Not sent: {reason}"),
        "no_connection": _("no connection. Your text is kept here; try again when you are back."),
        "fault": _("a fault on our side. Your text is kept here; try again in a moment."),
        "unsure": _("Not confirmed by the provider: it may have arrived. Ask before sending it again."),
        "try_again": _("Try again"),
        "send_again": _("Send again"),
        "send_anyway": _("Send anyway"),
        "channel_stopped": _("{channel} sends nothing at the moment: {reason}"),
        "no_answer_yet": _("not yet"),
        "left": forms("{n} character left", "{n} characters left"),
        "left_bytes": forms("{n} byte left", "{n} bytes left"),
        "over": forms("{n} character too many", "{n} characters too many"),
        "over_bytes": forms("{n} byte too many", "{n} bytes too many"),
    }


def _bubbles() -> dict[str, Any]:
    return {
        "file_states": {"pending": _("being fetched"), "unavailable": _("no longer available"), "stored": ""},
        "deleted": _("This message was deleted."),
        "unsupported": _("A kind of message that cannot be shown yet."),
        "came_from_ad": _("Came from the ad: {title}"),
        "items": forms("{n} item", "{n} items"),
        "open_map": _("Open the map"),
    }


def _people() -> dict[str, Any]:
    return {
        "since": _("Customer since {date}"),
        "joined": _joined(),
        "merged": _("{name} and {other} are one person now."),
        "merge_with": _("Merge with {name}"),
        "take_apart": _("Undo: {name} is somebody else"),
        "taken_apart": _("They are two people again."),
        "not_the_same": _("They are not suggested again."),
        "erase_ask": _("Type “{name}” to go on"),
        "erased": _("The person was erased. Journals are looked through in the background."),
        "same_address": _("Both use the same address: {kind} {address}"),
    }


def _ways() -> dict[str, str]:
    return {
        "title": _("Answer on"),
        "button": _("Answer on {channel}: choose another channel"),
        "until": _("Open for another {left}"),
        "closed": _("closed"),
        "closed_now": _("The window has just closed: only a template can be sent."),
        "templates_only": _("templates only"),
    }


def _picker() -> dict[str, Any]:
    return {
        "blank": _("Value for {name}"),
        "header_blank": _("Value for {name} in the heading"),
        "button": _("Value for the button {title}"),
        "code": _("Code"),
        "image": _("Address of the image"),
        "video": _("Address of the video"),
        "document": _("Address of the document"),
        "latitude": _("Latitude"),
        "longitude": _("Longitude"),
        "categories": {
            "utility": _("Utility"),
            "marketing": _("Marketing"),
            "authentication": _("Authentication"),
        },
    }


def _kinds() -> dict[str, str]:
    return {
        "image": _("Image"), "audio": _("Audio"), "video": _("Video"), "document": _("Document"), "file": _("File"),
        "sticker": _("Sticker"), "location": _("Location"), "contacts": _("Contact"), "interactive": _("Choice"),
        "template": _("Template"), "order": _("Order"), "story": _("Story"), "share": _("Shared post"),
        "note": _("Note"), "unsupported": _("Unsupported message"), "text": _("Message"),
    }  # fmt: skip


def _media() -> dict[str, str]:
    return {
        "play": _("Play"), "pause": _("Pause"), "speed": _("Speed: {speed}"), "heard": _("{at} of {of}"),
        "voice": _("Voice note"), "cannot_play": _("cannot be played here"), "place": _("{at} of {of}"),
        "story_reply": _("Answer to a story"), "origin_mention": _("Named you in public"),
        "origin_comment": _("Comment in public"), "origin_live_comment": _("Comment on your live video"),
        "uploading": _("Uploading…"), "remove": _("Remove {name}"),
        "empty": _("{name} is empty."), "no_files": _("Files cannot be sent on {channel}."),
        "wrong_type": _("{channel} does not take this type of file: {name}."),
        "too_large": _("{name} has {size}; {channel} takes at most {limit} of this kind of file."),
        "not_uploaded": _("The connection broke off. Remove the file and choose it again."),
    }  # fmt: skip


def _statuses() -> dict[str, str]:
    return {
        "waiting": _("Waiting"), "open": _("Open"), "pending": _("Pending"), "snoozed": _("Snoozed"),
        "resolved": _("Resolved"),
    }  # fmt: skip


def _ticks() -> dict[str, str]:
    return {
        "queued": _("On its way"), "sending": _("On its way"), "sent": _("Sent"), "delivered": _("Delivered"),
        "read": _("Read"), "failed": _("Not delivered"), "unknown": _("Not confirmed"),
    }  # fmt: skip


def _events() -> dict[str, str]:
    return {
        "conversation.assigned": _("{actor} gave the conversation to {agent}"),
        "taken": _("{actor} took the conversation"),
        "returned": _("{actor} put the conversation back in the queue"),
        "routed": _("The conversation went to {agent}"),
        "team": _("The conversation went to the team {team}"),
        "queued.silent": _("Back in the queue: {agent} did not answer"),
        "queued.gone": _("Back in the queue: {agent} was not there"),
        "queued.overflow": _("Passed on to the team {team}"),
        "queued.rule": _("A rule put the conversation in the queue of {team}"),
        "conversation.resolved": _("{actor} resolved the conversation"),
        "conversation.reopened": _("The customer wrote again: reopened"),
        "conversation.reopened.by": _("{actor} reopened the conversation"),
        "conversation.snoozed": _("{actor} snoozed the conversation"),
        "conversation.unsnoozed": _("{actor} took the conversation up again"),
        "conversation.pending": _("{actor} waits for somebody else"),
        "conversation.labeled": _("{actor} put on the label {label}"),
        "conversation.unlabeled": _("{actor} took off the label {label}"),
        "conversation.prioritized": _("{actor} set the priority: {priority}"),
        "customer.merged": _("{actor} joined {name} with this customer"),
        "merged.provider": _("{name} was joined with this customer: the provider says that they are one"),
        "merged.token": _("{name} was joined with this customer: your site has said who they are"),
        "merged.link": _("{name} was joined with this customer by an invitation"),
        "customer.unmerged": _("{actor} took {name} and this customer apart"),
        "somebody": _("The system"),
    }


def _joined() -> dict[str, str]:
    """Return why a customer counts as another, by the reason of the merge."""
    return {
        "agent": _("Joined by {actor} on {date}"),
        "provider": _("Joined on {date}: the provider says that they are one"),
        "token": _("Joined on {date}: your site has said who they are"),
        "link": _("Joined on {date}: they came by an invitation from another channel"),
        "source": _("Joined on {date}: a connected system names them as one person"),
    }


def _contacts() -> dict[str, str]:
    return {
        "wa_id": "WhatsApp", "bsuid": _("WhatsApp id"), "igsid": "Instagram", "psid": "Messenger", "phone": _("Phone"),
        "email": _("E-mail"), "visitor": _("Site visitor"), "external_id": _("Your system"), "instagram": "Instagram",
    }  # fmt: skip


def _elsewhere() -> dict[str, str]:
    """Return what kinds of channel are called that only imported history knows; others go by their own word."""
    return {
        "email": _("E-mail"), "phone": _("Phone"), "store": _("Store"), "ecommerce": _("Online store"), "app": _("App"),
    }  # fmt: skip


def _keys() -> dict[str, str]:
    return {
        "next": _("Next conversation"), "previous": _("Previous conversation"), "open": pgettext("action", "Open"),
        "back": _("Back or close"), "reply": _("Reply"), "note": _("Private note"), "resolve": _("Resolve or reopen"),
        "mine": _("Assign to me"), "assign": _("Assign…"), "side": _("Details"), "help": _("Keyboard shortcuts"),
        "next_always": _("Next, also while writing"), "previous_always": _("Previous, also while writing"),
        "send": _("Send"),
    }  # fmt: skip
