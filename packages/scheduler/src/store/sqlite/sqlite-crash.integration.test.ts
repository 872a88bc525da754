import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@cke/foundation";
import { expect, test, vi } from "vitest";
import { LeaderChild } from "../testing/leader-child.ts";
import { SqliteStore } from "./sqlite-store.ts";

test("B6: what sqlite committed survives kill -9 of the scheduler", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-crash-"));
  const servers = join(directory, "cke.db");
  const child = new LeaderChild({ type: "sqlite", servers });
  try {
    await vi.waitFor(() => expect(child.acked).toBeGreaterThan(50), { timeout: 120_000, interval: 5 });
    child.kill("SIGKILL");
    expect(await child.ended()).toBe("SIGKILL");
    const store = await SqliteStore.open(servers, silentLogger);
    // The last commit may have been carried out although the process died before it could report it.
    expect([child.acked, child.acked + 1]).toContain((await store.get("count"))?.value);
    await store.close();
  } finally {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  }
});
