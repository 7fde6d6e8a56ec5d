# The image of every part in production: web, workers, relay, beat, migrations. `docker-compose.yml` says who runs what.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock pyproject.toml ./
# There is one lock, with the tools of development in it. They are installed checked like the rest and then taken out,
# the largest thing they brought along (Playwright's browser driver) with them.
RUN /venv/bin/pip install --require-hashes -r requirements.lock \
 && /venv/bin/python -c "import re, tomllib; tools = tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['dev']; print('playwright', *[re.match(r'[\w-]+', tool)[0] for tool in tools])" \
    | xargs /venv/bin/pip uninstall --yes
COPY manage.py ./
COPY hub hub
COPY conversations conversations
COPY metrics metrics
COPY simulator simulator
# Collecting needs no server and no secret, so it runs under development settings with a data directory of its own.
RUN PATH=/venv/bin:$PATH NOVELO_DATA_DIR=/tmp/build STATIC_ROOT=/app/static sh -ec '\
    python -c "from pathlib import Path; from hub.translations import compile_catalogs; compile_catalogs(Path())"; \
    python manage.py collectstatic --no-input; \
    python -m compileall -q hub conversations metrics simulator; \
    rm -rf /tmp/build'

FROM python:3.13-slim
RUN useradd --system --user-group --uid 10001 --no-create-home --home-dir /nonexistent novelo \
 && install -d -o novelo -g novelo /data /data/media
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH NOVELO_ENV=production STATIC_ROOT=/app/static MEDIA_ROOT=/data/media \
    PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2
USER novelo
EXPOSE 8000
CMD ["uvicorn", "hub.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "10"]
