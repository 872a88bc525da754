// Finds a free TCP port of the loopback interface, and keeps it for this process.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type ListenOptions, type Server } from "node:net";

/** The kernel gives ports above 32767 to whoever asks for any, and Kubernetes and the embedded Mesos have theirs above 30000. */
const [lowest, highest] = [20_000, 29_999];

/**
 * A port that nobody else gets while this process lives, although nobody listens there: a server may take long to start, and may be
 * stopped and started again. The kernel hands it out to nobody, unless ip_local_port_range is not Linux' default, and other tests do
 * not get it here.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = randomInt(lowest, highest + 1);
    if (await reserve(port)) return port;
  }
  throw new Error(`no port from ${lowest} to ${highest} is free`);
}

/** An abstract UNIX socket is the sign of a port that is taken: it ends with its process, in whatever way. */
async function reserve(port: number): Promise<boolean> {
  const sign = await listening({ path: `\0cke-test-port-${port}` });
  if (sign === undefined) return false;
  const tried = await listening({ port, host: "127.0.0.1" });
  await new Promise((resolve) => (tried === undefined ? resolve(undefined) : tried.close(resolve)));
  if (tried === undefined) sign.close();
  else sign.unref();
  return tried !== undefined;
}

/** Undefined when somebody else listens there. */
async function listening(options: ListenOptions): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await once(server.listen(options), "listening");
    return server;
  } catch {
    return undefined;
  }
}
