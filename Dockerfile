# One image for every command: api, worker, migrate, keys. Its settings come from the environment (app/settings.py).

FROM python:3.13-slim AS build
RUN python -m venv /opt/signoff
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE hatch_build.py schema.graphql ./
COPY app app
COPY workers workers
COPY web web
RUN /opt/signoff/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin signoff
COPY --from=build /opt/signoff /opt/signoff
ENV PATH=/opt/signoff/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER signoff
EXPOSE 8000
CMD ["signoff", "api"]
