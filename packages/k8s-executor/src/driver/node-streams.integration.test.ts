// Streams into a real container, through the sockets in the directory that executor and wrapper share.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { unitReport } from "@cke/executor-core/testing/recording-context";
import { ExecStart, TunnelTarget } from "@cke/protocol";
import { expect, test } from "vitest";
import { wrapperSocketName } from "../docker/node-identity.ts";
import { docker } from "../testing/docker-lab.ts";
import { nodeId, useDriverLab } from "../testing/driver-lab.ts";
import { launchNode } from "../testing/launches.ts";
import { GrpcWrapperClient } from "../wrapper/grpc-wrapper-client.ts";

const { lab, executor, task } = useDriverLab();

test("a tunnel reaches a server on the node's own loopback, as bytes on the socket beside the wrapper's", async () => {
  const { context, driver } = executor();
  driver.launch(launchNode(task({ network: lab().network, ip: lab().ip(10) }), nodeId));
  await context.until(() => unitReport(context.of(nodeId).at(-1)?.data)?.launchStep === "ready");
  const format = "{{range .Mounts}}{{.Source}}\n{{end}}";
  const mounts = (await docker("inspect", "-f", format, `cke-${lab().name}-n`)).split("\n").map((line) => line.trim());
  const socket = mounts.map((source) => join(source, wrapperSocketName)).find((path) => existsSync(path)) ?? "";
  expect(existsSync(join(dirname(socket), "wrapper.tun"))).toBe(true);

  const client = await GrpcWrapperClient.open(socket);
  const ending = new AbortController();
  try {
    const script =
      "net.createServer({ allowHalfOpen: true }, (s) => s.pipe(s)).listen(7000, '127.0.0.1', () => console.log('up'))";
    const server = client.streams.exec(ExecStart.create({ command: ["/node", "-e", script] }), ending.signal);
    for await (const { output } of server.output) {
      if (output?.kind !== "stdout") continue;
      const target = TunnelTarget.create({ target: { kind: "tcpAddress", value: "127.0.0.1:7000" } });
      const tunnel = await client.streams.tunnel(target, ending.signal);
      const sent = Buffer.alloc(3_000_000, "bytes");
      tunnel.end(sent);
      expect((await buffer(tunnel)).equals(sent)).toBe(true);
      break;
    }
  } finally {
    ending.abort();
    client.close();
  }
});
