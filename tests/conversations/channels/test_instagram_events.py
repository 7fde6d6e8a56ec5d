"""What Instagram sends, body by body: each event becomes what it is, and a bad one leaves its neighbors alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conversations.channels.types import (
    AccountNotice,
    Address,
    AttachmentRef,
    Invalid,
    MessageAnnounced,
    MessageDeleted,
    MessageEchoed,
    MessageEdited,
    MessageReceived,
    ReactionChanged,
    StatusChanged,
)
from tests.conversations.channels.bodies import PAYLOADS, parse

ACCOUNT, ANA = "17841400000000321", "1784500000000777"
AT = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id={}&signature=made-up"


def items(name: str) -> tuple[Any, ...]:
    return parse((PAYLOADS / "instagram" / f"{name}.json").read_bytes()).items


def file(kind: Any, number: int) -> AttachmentRef:
    return AttachmentRef(kind=kind, url=CDN.format(number))


def mentioned(value: dict[str, Any]) -> tuple[Any, ...]:
    entry = {"id": ACCOUNT, "time": 1790000000, "changes": [{"field": "mentions", "value": value}]}
    return parse(json.dumps({"object": "instagram", "entry": [entry]}).encode()).items


def said(item: Any) -> tuple[Any, ...]:
    return (type(item), item.provider_id, item.kind, item.text, item.payload)


def test_it_works() -> None:
    (item,) = items("text_reply")
    assert said(item) == (MessageReceived, "m-1", "text", "É esse aí 😍", {})
    assert (item.account, item.channel_kind, item.lane, item.at) == (ACCOUNT, "instagram", ANA, AT)
    assert (item.sender.addresses, item.reply_to, item.referral) == ((Address("igsid", ANA),), "m-0", None)


def test_every_attachment_is_kept_and_the_first_says_what_it_is() -> None:
    (item,) = items("attachments_of_all_sorts")
    assert said(item)[1:4] == ("m-2", "image", "olha")
    assert item.attachments == (
        file("image", 1), file("video", 2), file("audio", 3), file("file", 4), file("file", 5),
        AttachmentRef(kind="image", unavailable="missing"),
    )  # fmt: skip
    assert item.payload == {"more": [{"type": "hologram", "payload": {"url": CDN.format(6)}}]}


def test_what_was_shared_is_a_share_and_its_file_is_fetched_where_it_is_one() -> None:
    share, post, reel, clip = items("shares")
    assert said(share)[2:] == ("share", "", {"type": "share", "url": CDN.format(7)})
    assert (post.payload["title"], post.payload["ig_post_media_id"]) == ("Coleção nova", "18000000000000321")
    assert reel.payload == {"type": "ig_reel", "url": "/reel/321/", "reel_video_id": "18000000000000322"}
    assert [one.attachments for one in (share, post, reel, clip)] == [
        (file("file", 7),), (file("file", 8),), (), (file("video", 9),),
    ]  # fmt: skip


def test_stories_are_mentions_with_a_file_and_answers_with_an_address() -> None:
    (mention,), (answer,) = items("story_mention"), items("story_reply")
    assert said(mention)[2:] == ("story", "", {"type": "story_mention", "url": CDN.format(10)})
    assert mention.attachments == (file("file", 10),)
    story = {"id": "18000000000000400", "url": CDN.format(11)}
    assert said(answer)[2:] == ("story", "Quanto custa?", {"type": "story_reply", "story": story})
    assert (answer.attachments, answer.reply_to) == ((), None)


def test_what_has_no_file_is_shown_as_what_it_is() -> None:
    ephemeral, heart = items("ephemeral_and_heart")
    assert said(ephemeral)[2:] == ("unsupported", "", {"type": "ephemeral"})
    assert said(heart)[2:] == ("text", "❤️", {"type": "like_heart"})
    unsupported, empty = items("unsupported")
    assert said(unsupported)[2:] == ("unsupported", "", {"mid": "u-1", "is_unsupported": True})
    assert said(empty)[2:] == ("unsupported", "", {"mid": "u-2"})


def test_what_was_pressed_is_interactive() -> None:
    (chosen,) = items("quick_reply")
    payload = {"kind": "quick_reply", "title": "Trocas", "payload": "EXCHANGE"}
    assert said(chosen)[2:] == ("interactive", "Trocas", payload)
    hours, start = items("postbacks")
    assert said(hours)[1:] == (
        "p-1", "interactive", "Horários", {"kind": "postback", "title": "Horários", "payload": "HOURS"},
    )  # fmt: skip
    assert start.referral == {"ref": "bio", "source": "IGME", "type": "OPEN_THREAD"}
    assert start.provider_id == items("postbacks")[1].provider_id
    assert start.provider_id.startswith("postback:")


def test_where_people_come_from_is_kept_also_when_they_say_nothing() -> None:
    ad, product, link = items("referrals")
    assert (ad.text, ad.referral["ad_id"], ad.referral["ads_context_data"]) == (
        "Tem?", "120210000000321", {"ad_title": "Verão"},
    )  # fmt: skip
    assert product.referral == {"product": {"id": "P-77"}}
    assert said(link)[2:] == ("interactive", "", {"kind": "referral"})
    assert link.referral == {"ref": "cartaz", "source": "IGME", "type": "OPEN_THREAD"}
    assert link.provider_id == items("referrals")[2].provider_id


def test_echoes_are_what_the_business_said_elsewhere() -> None:
    phone, app, oneself = items("echoes")
    assert (type(phone), phone.recipient.addresses, phone.app_id) == (MessageEchoed, (Address("igsid", ANA),), "")
    assert (app.app_id, app.attachments, app.kind) == ("936619743392459", (file("image", 12),), "image")
    assert (oneself.recipient.addresses[0].value, oneself.payload) == (ACCOUNT, {"is_self": True})


def test_reactions_edits_and_deletions_point_at_their_message() -> None:
    customers, ours = items("unsent")
    assert (type(customers), customers.target, customers.outgoing) == (MessageDeleted, "m-1", False)
    assert (ours.target, ours.outgoing, ours.sender.addresses[0].value) == ("ec-1", True, ANA)
    love, back, wow, lost = items("reactions")
    assert [(type(one), one.target, one.emoji, one.outgoing) for one in (love, back, wow)] == [
        (ReactionChanged, "ec-1", "❤️", False),
        (ReactionChanged, "ec-1", "", False),
        (ReactionChanged, "m-1", "😮", True),
    ]
    assert (type(lost), lost.reason) == (Invalid, "missing_target")
    (edit,) = items("edited")
    assert (type(edit), edit.target, edit.text, edit.payload) == (MessageEdited, "m-1", "É essa aí", {"num_edit": 2})


def test_seen_is_read_and_what_we_saw_ourselves_is_news() -> None:
    read, ours, nothing = items("seen")
    assert (type(read), read.provider_id, read.status, read.at) == (StatusChanged, "ec-1", "read", AT)
    assert (type(ours), ours.topic, ours.payload) == (AccountNotice, "read", {"mid": "m-1"})
    assert (type(nothing), nothing.reason) == (Invalid, "missing_id")


def test_threads_of_other_apps_are_stored_and_marked() -> None:
    (waiting,) = items("standby")
    assert said(waiting)[1:] == ("sb-1", "text", "alguém aí?", {"standby": True})
    passed, optin = items("handover")
    assert (passed.topic, passed.person.addresses, passed.known) == (
        "pass_thread_control", (Address("igsid", ANA),), True,
    )  # fmt: skip
    assert passed.payload == {"previous_owner_app_id": "11", "new_owner_app_id": "22", "metadata": "to people"}
    assert (optin.topic, optin.payload) == ("optin", {"type": "notification_messages", "payload": "news"})


def test_a_comment_is_a_share_that_knows_its_origin() -> None:
    comment, live, ours, nobody = items("comments")
    assert said(comment)[:4] == (MessageReceived, "17900000000000321", "share", "Preço?")
    media = {"id": "18000000000000500", "media_product_type": "FEED"}
    assert comment.payload == {"origin": "comment", "comment_id": "17900000000000321", "media": media}
    assert (comment.sender.username, comment.sender.addresses[0].value) == ("ana.souza", ANA)
    assert (live.payload["origin"], live.reply_to) == ("live_comment", "17900000000000321")
    assert (type(ours), ours.topic) == (AccountNotice, "comments")
    assert (type(nobody), nobody.reason) == (Invalid, "missing_sender")
    (flat,) = items("comment_flat_in_a_list")
    assert said(flat) == said(comment)
    assert (flat.at, comment.at) == (AT, AT + timedelta(milliseconds=5))


def test_a_mention_is_announced_and_one_that_says_who_it_was_is_said() -> None:
    mention, *_ = items("mentions")
    ids = {"media_id": "18000000000000501", "comment_id": "17900000000000400"}
    assert (type(mention), mention.provider_id, mention.payload) == (MessageAnnounced, ids["comment_id"], ids)
    assert (mention.account, mention.lane, mention.at) == (ACCOUNT, "account", AT + timedelta(milliseconds=5))
    (caption,) = mentioned({"media_id": "18000000000000501"})
    (told,) = mentioned(ids | {"from": {"id": ANA, "username": "ana.souza"}, "text": "@loja"})
    (odd,) = mentioned({"comment_id": "1){id},me{id"})
    assert (type(caption), caption.provider_id) == (MessageAnnounced, "18000000000000501")
    assert said(told)[:4] == (MessageReceived, "17900000000000400", "share", "@loja")
    assert told.payload == {**ids, "origin": "mention"}
    assert (type(odd), odd.reason) == (Invalid, "missing_id")


def test_news_is_noted_and_the_unknown_is_said_to_be_unknown() -> None:
    _, insights, tomorrow = items("mentions")
    assert (insights.topic, insights.known) == ("story_insights", True)
    assert (tomorrow.topic, tomorrow.known, tomorrow.payload) == ("field_of_tomorrow", False, {"a": 1})


def test_what_is_for_another_account_goes_there_or_nowhere() -> None:
    (other,), (test,) = items("other_account"), items("dashboard_test")
    assert (other.account, other.provider_id) == ("17841499999999999", "o-1")
    assert said(test)[:4] == (MessageReceived, "random_mid", "text", "random_text")
    assert (test.account, test.at) == ("23245", AT)


def test_a_bad_event_leaves_its_neighbors_alone() -> None:
    found = items("bad_among_good")
    assert [item.reason for item in found if isinstance(item, Invalid)] == [
        "not_an_object", "missing_sender", "invalid_sender", "missing_id", "invalid_timestamp", "not_an_object",
    ]  # fmt: skip
    (unknown,) = [item for item in found if isinstance(item, AccountNotice)]
    assert (unknown.topic, unknown.known) == ("something_new", False)
    assert [(item.text, item.at) for item in found[-2:]] == [("f", AT), ("g", AT + timedelta(milliseconds=5))]


@pytest.mark.parametrize(
    "body", [{"object": "instagram", "entry": {}}, {"object": "instagram", "entry": [{"id": "1"}]}]
)
def test_a_body_that_says_nothing_is_ignored(body: Any) -> None:
    assert (parse(body).outcome, parse(body).reason) == ("ignored", "nothing_inside")
