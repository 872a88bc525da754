// Finds a free TCP port of the loopback interface.
import { createServer } from "node:net";

/** Asks the kernel for a port and releases it at once. Another process may take it, so use it soon. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
