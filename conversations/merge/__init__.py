"""Two customers who are one person: joined by one row and one pointer each, and taken apart again. Nothing moves on a merge.

**While a merge is in force** the absorbed customer and all who count as them have ``merged_into`` set to the one who stands
for the person. Messages, identities and conversations stay with the customer whose address they came through. Where both
had an unresolved conversation the younger is *folded* into the older: it keeps its own state as it was that moment, its
messages and events count as part of the older, which takes over what somebody must not lose (the longer wait, what is
unread, who has it).

**Undoing** takes the pointers back, whatever was merged or undone before or after, and then sets right what happened
between. What came in through an address, and what was said to it, is its customer's. Therefore:

1. A folded conversation whose customer goes another way than that of the one it was folded into comes back with the state
   it had. If the joint one is resolved by now, so is it, at the same time; if it was snoozed meanwhile, so is it.
2. The joint conversation gets back what the merge changed of it where nothing was said or changed since; otherwise its
   wait, unread messages, first response and last message are read off its own history again, and who has it stays.
3. Messages that lie in a conversation of the other side, with their events, go to the conversation that came back by
   (1); else to the one of their side that thread would have put the first of them into; else to a new one, which gets status,
   assignee and team of the one they leave. They keep ids, times and order. Notes stay where they were written.
4. A conversation that was reopened by what goes away, and in which its own customer has not written since, is as resolved
   as it was.
5. What was done with the joint conversation (assigned, resolved) stays told there; where a conversation inherits the end or
   the assignee, an event of its own says so, marked ``inherited``.

A merge that people undid is not made again by a machine.
"""

from conversations.merge.join import Ask, Joined, join, roots
from conversations.merge.undo import Undone, undo

__all__ = ["Ask", "Joined", "Undone", "join", "roots", "undo"]
