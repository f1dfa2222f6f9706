# The shop as one image: the same for web, workers, scheduler and migrations (see compose.yaml).
# syntax=docker/dockerfile:1

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/base.txt /tmp/base.txt
RUN pip install --require-hashes --only-binary :all: -r /tmp/base.txt

WORKDIR /app
COPY . .
# Settings want every secret; collecting static files uses none of these and keeps none of them.
RUN SECRET_KEY=build-0123456789abcdefghijklmnopqrstuvwxyz-0123456789 \
    FIELD_ENCRYPTION_KEYS=build-0123456789abcdefghijklmnopqrstuvwxyz ALLOWED_HOSTS=build.example SITE_URL=https://build.example \
    DATABASE_URL=postgres://build@build/build REDIS_URL=redis://build:6379/0 \
    EMAIL_URL=smtp://build DEFAULT_FROM_EMAIL=build@build.example \
    STRIPE_SECRET_KEY=build STRIPE_PUBLISHABLE_KEY=build STRIPE_WEBHOOK_SECRETS=build \
    DJANGO_SETTINGS_MODULE=storefront.settings.production \
    python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q storefront cms commerce

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Stoa" \
      org.opencontainers.image.licenses="BSD-3-Clause"
RUN groupadd --system --gid 10001 stoa \
    && useradd --system --uid 10001 --gid stoa --home-dir /app --shell /usr/sbin/nologin stoa
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# The code stays root's; only media (when they are not on S3) are written here.
RUN install --directory --owner stoa --group stoa /app/var/media /app/var/private
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=storefront.settings.production
WORKDIR /app
USER stoa
EXPOSE 8000
# WSGI with one blocking thread in each worker was the fastest of what was measured; more workers
# come by WEB_CONCURRENCY.
CMD ["sh", "-c", "STOA_PROCESS=web exec granian --interface wsgi --no-ws --host 0.0.0.0 --port \"${PORT:-8000}\" --workers \"${WEB_CONCURRENCY:-2}\" --blocking-threads 1 --respawn-failed-workers --workers-kill-timeout 30 storefront.wsgi:application"]
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\") or 8000}/health/live', timeout=2)"]
