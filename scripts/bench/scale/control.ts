// A server that answers at once with as many bytes as a cluster has. Started with `fork("control.ts")`; it sends its
// URL as a message.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const body = JSON.stringify({ text: "x".repeat(8_000) });
const server = createServer((_request, response) => response.setHeader("content-type", "application/json").end(body));
server.listen(0, "127.0.0.1", () => {
  const address: AddressInfo | string | null = server.address();
  if (typeof address === "object" && address !== null) process.send?.(`http://127.0.0.1:${address.port}`);
});
process.on("disconnect", () => process.exit(0));
