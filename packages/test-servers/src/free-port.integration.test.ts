import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";

test("ports are nobody else's, also while nobody listens there, and can be listened at again and again", async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(new Set(ports).size).toBe(50);
  const program = `import { createServer } from "node:net";
    createServer().on("error", ({ code }) => console.log(code)).listen("\\0cke-test-port-${ports[0]}");`;
  const other = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(other.stdout).toBe("EADDRINUSE\n");
  for (let round = 0; round < 3; round += 1) {
    const server = createServer();
    await once(server.listen(ports[0], "127.0.0.1"), "listening");
    await new Promise((resolve) => server.close(resolve));
  }
});
