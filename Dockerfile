# Two images, one file:
#
#   docker build --target masssender -t masssender .         the bot and the senders (masssender run | sender | …)
#   docker build --target worker -t masssender-worker .      sessions of WhatsApp Web in Chromium (worker_node)
#
# compose.yaml builds both. Neither runs as root, and neither holds a secret: those come by the environment.

# The Python that every suite runs on. Everything we depend on comes ready built: no compiler is needed.
FROM python:3.11.14-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python -m venv /opt/masssender
COPY pyproject.toml constraints.txt README.md ./
COPY bot ./bot
COPY domain ./domain
COPY storage ./storage
COPY whatsapp ./whatsapp
RUN /opt/masssender/bin/pip install -c constraints.txt .

FROM python:3.11.14-slim-bookworm AS masssender
ENV PATH=/opt/masssender/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
RUN groupadd --gid 10001 masssender \
 && useradd --uid 10001 --gid masssender --no-create-home --home-dir /tmp --shell /usr/sbin/nologin masssender \
 && install -d -o masssender -g masssender -m 0700 /data
COPY --from=packages /opt/masssender /opt/masssender
WORKDIR /data
USER 10001:10001
# Claims nothing more, lets what is on its way finish, writes it down (docs/operating.md).
STOPSIGNAL SIGTERM
ENTRYPOINT ["masssender"]
CMD ["run"]

FROM node:22.23.2-bookworm-slim AS worker-packages
WORKDIR /worker
ENV PUPPETEER_SKIP_DOWNLOAD=1
COPY worker_node/package.json worker_node/package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:22.23.2-bookworm-slim AS worker
ENV NODE_ENV=production CHROMIUM_PATH=/usr/bin/chromium WORKER_DATA_DIR=/data HOME=/tmp
# Chromium is the one thing that is not pinned: what it is rebuilt with are Debian's security updates.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium fonts-liberation \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node -m 0700 /data
WORKDIR /worker
COPY --from=worker-packages /worker/node_modules ./node_modules
COPY worker_node/package.json ./
COPY worker_node/protocol ./protocol
COPY worker_node/src ./src
USER 1000:1000
# Ends the send under way, closes its browsers; without that a fresh link may be lost.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "src/main.js"]
