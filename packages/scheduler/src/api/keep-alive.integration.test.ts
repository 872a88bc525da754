// The kernel asks hosts of silent clients for a sign of life: without it a connection of a host that has vanished stays for hours.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { createApiFixture } from "./testing/api-fixture.ts";

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");

/** Timer of the server's end of a connection, proc_net_tcp(5): 2 is that of keepalive. */
async function timerOf(server: number, client: number): Promise<string | undefined> {
  const lines = (await readFile("/proc/net/tcp", "utf8")).split("\n");
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const own = fields.find(
    ([, local = "", remote = ""]) => local.endsWith(`:${hex(server)}`) && remote.endsWith(`:${hex(client)}`),
  );
  return own?.[5]?.split(":")[0];
}

test("connections of the API have it", async () => {
  const api = await createApiFixture();
  try {
    const { port } = await api.server.listen("127.0.0.1:0");
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    try {
      await expect.poll(() => timerOf(port, socket.localPort ?? 0), { timeout: 120_000 }).toBe("02");
    } finally {
      socket.destroy();
    }
  } finally {
    await api.close();
  }
});
