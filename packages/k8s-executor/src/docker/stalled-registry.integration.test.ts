// The real Docker engine and a registry on loopback that goes silent in the middle of a layer. (Our request to the engine is
// closed, stalled-engine.test.ts; Docker 20.10 itself keeps its own to the registry until that ends.)
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { DockerodeEngine } from "./dockerode-engine.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const digestOf = (content: string) => `sha256:${createHash("sha256").update(content).digest("hex")}`;
const layerBytes = 1_000_000;
const layer = digestOf(`a layer that never comes whole, ${process.pid} ${Date.now()}`);
const config = JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [layer] } });
const type = "application/vnd.docker.distribution.manifest.v2+json";
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: type,
  config: {
    mediaType: "application/vnd.docker.container.image.v1+json",
    size: config.length,
    digest: digestOf(config),
  },
  layers: [{ mediaType: "application/vnd.docker.image.rootfs.diff.tar", size: layerBytes, digest: layer }],
});

function answer(path: string, response: ServerResponse): void {
  response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
  if (path.includes("/manifests/")) {
    response.setHeader("Content-Type", type).setHeader("Docker-Content-Digest", digestOf(manifest));
    response.setHeader("Content-Length", manifest.length).end(manifest);
  } else if (path.endsWith(layer)) {
    response.setHeader("Content-Length", layerBytes).write(Buffer.alloc(layerBytes / 2));
  } else response.end(path.endsWith(digestOf(config)) ? config : "");
}

test("a registry that goes silent in a layer ends the pull, in Docker's words", async () => {
  server = createServer((request, response) => answer(request.url ?? "", response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const name = `127.0.0.1:${port}/silent:1`;
  const pull = new DockerodeEngine({ stallMs: 15_000 }).pull(name, () => {}, new AbortController().signal);
  await expect(pull).rejects.toMatchObject({
    name: "EngineError",
    message: expect.stringMatching(
      /^pull of 127\.0\.0\.1:\d+\/silent:1 made no progress for 15 s; last: \w+: Downloading [\d.]+\/1\.0 MB$/,
    ),
  });
});
