"""What agents work with, made and changed: labels, canned replies, custom fields and macros. Every change is audited."""
