# SPDX-License-Identifier: Apache-2.0
FROM python:3.11-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

# Requirements first: they change more rarely than the code, so this layer stays cached.
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements-build.txt \
    && python -m venv /opt/slotwise \
    && /opt/slotwise/bin/pip install --require-hashes -r requirements.txt

COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY adapters adapters
COPY bandit bandit
COPY policies policies
COPY simulator simulator
RUN /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/slotwise/bin/pip install --no-index --no-deps /wheel/slotwise-*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin slotwise \
    && install -d -o slotwise -g slotwise -m 0750 /data
COPY --from=build /opt/slotwise /opt/slotwise
# One BLAS thread: the matrices are small, and a second one only fights the event loop.
ENV PATH=/opt/slotwise/bin:$PATH OPENBLAS_NUM_THREADS=1 PYTHONUNBUFFERED=1
USER slotwise
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2).close()"]
ENTRYPOINT ["slotwise"]
CMD ["serve", "--data-dir", "/data", "--host", "0.0.0.0"]
