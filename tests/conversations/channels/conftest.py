"""Leaves the tests of collected samples out where the samples are not."""

from __future__ import annotations

from tests.conversations.channels.corpus import FOLDER

collect_ignore_glob = [] if FOLDER.is_dir() else ["test_*samples.py"]
