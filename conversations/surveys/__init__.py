"""Surveys: which question becomes due, asked as the channel can, answered by button, number, word or on a page. Composes rooms."""

from conversations.surveys.answering import answer_on_page
from conversations.surveys.asking import ask_due
from conversations.surveys.planning import FOLLOW, TRIGGERS

__all__ = ["FOLLOW", "TRIGGERS", "answer_on_page", "ask_due"]
