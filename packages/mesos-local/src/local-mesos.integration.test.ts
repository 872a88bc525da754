import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as z from "zod";
import { parseResources, startLocalMesos } from "./index.ts";

const slavesSchema = z.object({
  slaves: z.array(z.object({ id: z.string(), hostname: z.string(), port: z.number() })),
});

const slaves = async (address: string) =>
  slavesSchema.parse(await (await fetch(`http://${address}/slaves`)).json()).slaves;

test("master and agents come back with their ids and ports", async () => {
  const workDir = await mkdtemp(join(tmpdir(), "cke-local-mesos-"));
  try {
    const options = {
      listen: "127.0.0.1:0",
      workDir,
      agents: ["a", "b"].map((hostname) => ({ hostname, resources: parseResources("cpus:2;mem:1024") })),
    };
    const first = await startLocalMesos(options);
    const ids = await Promise.all(first.agents.map((agent) => agent.registered()));
    const before = await slaves(first.masterAddress);
    expect(before.map(({ hostname }) => hostname).sort()).toEqual(["a", "b"]);
    expect(before.map(({ id }) => id).sort()).toEqual([...ids].sort());
    await first.stop();

    const second = await startLocalMesos({ ...options, listen: first.masterAddress });
    expect(second.masterAddress).toBe(first.masterAddress);
    expect(await Promise.all(second.agents.map((agent) => agent.registered()))).toEqual(ids);
    const after = await slaves(second.masterAddress);
    expect(new Map(after.map(({ id, port }) => [id, port]))).toEqual(new Map(before.map(({ id, port }) => [id, port])));
    const health = await fetch(`http://${second.masterAddress}/health`);
    expect(health.status).toBe(200);
    await second.stop();
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
});

test("the program starts, says where it listens, and ends on SIGTERM", async () => {
  const workDir = await mkdtemp(join(tmpdir(), "cke-local-mesos-"));
  try {
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const program = spawn(process.execPath, [main, "-listen", "127.0.0.1:0", "-work_dir", workDir, "-agents", "1"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const address = await new Promise<string>((resolve, reject) => {
      let output = "";
      program.stderr.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const found = /"address":"([^"]+)"/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
      program.once("exit", (code) => reject(new Error(`exit ${code}: ${output}`)));
    });
    await expect.poll(async () => (await slaves(address)).length, { timeout: 120_000 }).toBe(1);
    const ended = new Promise((resolve) => program.once("exit", resolve));
    program.kill("SIGTERM");
    expect(await ended).toBe(0);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
});
