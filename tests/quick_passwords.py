"""Passwords that cost next to nothing: at their usual price, people who sign up were the greater part of many tests."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


def use() -> None:
    """Let this process hash at the least cost there is; algorithm and notation stay those of production."""
    Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
    Argon2PasswordHasher.memory_cost = 8  # KiB
