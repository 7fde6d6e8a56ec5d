"""Two customers who are one person: joined by one row and one pointer each, and taken apart again. Nothing moves on a merge.

**While a merge is in force** the absorbed customer and all who count as them have ``merged_into`` set to the one who stands
for the person. Messages, identities and conversations stay with the customer whose address they came through. Where both
had an unresolved conversation the younger is *folded* into the older: it keeps its own state as it was that moment, its
messages and events count as part of the older, which takes over what somebody must not lose (the longer wait, what is
unread, who has it).

**Undoing** takes the pointers back, whatever was merged or undone before or after, and sets right what happened between.
What came in through an address, and what was said to it, is its customer's. Therefore:

1. A folded conversation whose customer goes another way than that of the joint one comes back with the state it had.
2. Messages of one side that lie in a conversation of the other go, with their events, where thread would have put them had
   their people never been joined: to the conversation that comes back, to another of theirs, or to a new one. They keep
   ids, times and order; notes stay where they were written.
3. What happened to everybody in the joint conversation since (resolved, snoozed, taken up by the clock) happened to the one
   that was theirs at that moment as well: an event of its own says so, marked ``inherited`` and naming the event it repeats.
   Who has the joint conversation has a new one too; an assignment to one that comes back is not repeated.
4. The joint conversation gets back what the merge changed of it where nothing was said or changed since. Otherwise its
   state is told again from what stays: also the end that only the other side had undone, by writing.
5. Nothing is ever taken out of history, and no event or message changes but for the conversation it points at.

Later merges of the same people are taken back before and made again after, so that an undo only ever parts two who were
joined last: what was open then is folded anew, what was resolved in between stays apart.

What sources told from outside is no part of this: it is cut into conversations anew whenever people are joined or parted
(``conversations/outside``).

What stays is never cut: two episodes that only the other side's messages held together remain one.

A merge that people undid is not made again by a machine.
"""

from conversations.merge.join import Ask, Joined, join, roots
from conversations.merge.undo import Undone, undo

__all__ = ["Ask", "Joined", "Undone", "join", "roots", "undo"]
