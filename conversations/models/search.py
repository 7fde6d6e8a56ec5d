"""What is looked through when somebody searches: the words of every message, and the vocabulary that mends typing errors."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from conversations.models.message import Message
from hub.models import OfWorkspace, Workspace


class SearchEntry(models.Model):
    """The words of one message, without accents and endings; written by a follower a moment after the message."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="+")
    # its message knows for sure that the company is there: no need to look it up for every one
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()  # as the message's `shown_at`
    words = SearchVectorField()  # each behind the mark of the workspace, and without places

    objects = OfWorkspace["SearchEntry"].as_manager()

    class Meta:
        indexes: ClassVar = [
            # search for common words: newest first, until enough are found
            models.Index(fields=["workspace", "-at", "-message"], name="search_by_age"),
            # search for words in between: the newest days alone, which lie together
            BrinIndex(fields=["at"], name="search_by_day", autosummarize=True),
            # search for rare words: all of them; new ones wait in kB of a list, which costs less than one by one
            # and is read through by every search: a few milliseconds
            GinIndex(fields=["words"], name="search_by_words", gin_pending_list_limit=2048),
        ]


class SearchWord(models.Model):
    """A word that was said in the workspace, as search knows it, and in how many messages: steers plans, mends errors."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    word = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField(default=0)

    objects = OfWorkspace["SearchWord"].as_manager()

    class Meta:
        constraints: ClassVar = [
            # also what begins with some letters
            models.UniqueConstraint(
                fields=["workspace", "word"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                name="word_is_counted_once_per_workspace",
            ),
        ]
        indexes: ClassVar = [
            # the words nearest to one with a typing error
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="search_word_by_letters"),
        ]

    def __str__(self) -> str:
        return self.word
