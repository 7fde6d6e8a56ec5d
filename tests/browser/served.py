"""The hub as `uvicorn` serves it to the tests' browser: quick with passwords, and with files as quick as in production.

Every test has a browser that knows nothing yet and asks for some sixty scripts: Django's own server of files would take
longer over them than over the page.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from servestatic import ServeStaticASGI

from hub.asgi import application as hub
from tests import quick_passwords

quick_passwords.use()
application = ServeStaticASGI(hub, max_age=3600)
for folder in AppDirectoriesFinder().storages.values():
    application.add_files(folder.location, prefix=settings.STATIC_URL)
