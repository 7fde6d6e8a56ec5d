"""A bare Django and Celery project with one of each program: what the house's memory is compared with."""
