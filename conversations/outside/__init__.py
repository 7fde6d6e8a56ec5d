"""History from outside (imports, stores, integrations): understood, told apart, attached to people, cut into conversations.

What happened elsewhere becomes history here by one path, ``take``; nothing is sent. Conversations are cut out of it by
thread's rules as a pure function of everything a source has told of a person, so that what comes late, twice or out of order
gives what it would have given in time. Conversations that were lived through here stay as they are and take in what was said
meanwhile. While people are joined their history is cut together, and apart again when they part.
"""

from conversations.outside.shapes import Told, Verdict
from conversations.outside.taking import MOST, take
from conversations.outside.write import cut_again

__all__ = ["MOST", "Told", "Verdict", "cut_again", "take"]
