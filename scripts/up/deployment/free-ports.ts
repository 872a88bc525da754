// Ports of this host that nobody listens on.
import { once } from "node:events";
import { createServer } from "node:net";

/** True when nobody listens on the port of the address. Rejects when this user may not listen there. */
export async function isFree(port: number, address: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: address, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw new Error(`port ${port} of ${address} cannot be used: ${error instanceof Error ? error.message : error}`);
  }
  server.close();
  await once(server, "close");
  return true;
}

/** The first port from `first` to `last` that is free on all addresses of this host. Rejects when there is none. */
export async function firstFree(first: number, last: number): Promise<number> {
  for (let port = first; port <= last; port += 1) if (await isFree(port, "0.0.0.0")) return port;
  throw new Error(`none of the ports ${first} to ${last} is free on this host: end a program that listens on one`);
}
