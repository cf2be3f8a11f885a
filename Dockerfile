# syntax=docker/dockerfile:1
# Debian 13's SQLite is 3.46: the durable engine needs 3.42 or newer from Python 3.12 on.
FROM python:3.13-slim-trixie AS build

WORKDIR /build
RUN python -m venv /opt/bot
ENV PATH=/opt/bot/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY bot bot
COPY commands commands
COPY integrations integrations
COPY sandbox sandbox
RUN pip install --no-deps .

FROM python:3.13-slim-trixie

RUN useradd --system --uid 10001 --home-dir /srv/credlink --create-home credlink \
    && python -c "import sqlite3; assert sqlite3.sqlite_version_info >= (3, 42), sqlite3.sqlite_version"
COPY --from=build /opt/bot /opt/bot
ENV PATH=/opt/bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    CREDLINK_CONFIG=/etc/credlink/credlink.yml \
    CREDLINK_LISTEN=0.0.0.0:8080 \
    CREDLINK_OPERATIONS_LISTEN=0.0.0.0:9090 \
    DATABASE_URL=sqlite:////srv/credlink/var/bot.sqlite \
    ENGINE_DATABASE_URL=sqlite:////srv/credlink/var/engine.sqlite
WORKDIR /srv/credlink
# CredLink's runbooks, for `runbooks: docs/runbooks`; mount yours over them.
COPY docs/runbooks docs/runbooks
USER 10001
RUN mkdir var
VOLUME /srv/credlink/var
EXPOSE 8080 9090
# Draining takes up to 20 s: give `docker stop` 30.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9090/healthz', timeout=4)"]
CMD ["credlink", "run"]
