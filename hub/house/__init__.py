"""The settings of the house: people, teams, hours, the workspace, tokens and the audit log; pages for administrators."""
