"""The servers `up` brings along: PostgreSQL and Valkey from wheels, started, watched and stopped by ourselves."""
