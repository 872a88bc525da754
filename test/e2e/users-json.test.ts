// The user's own requests, taken from their README without a change, on an agent and a network with the names that they
// use.
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { top } from "../../scripts/up/paths.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { Deployment, prepared } from "./deployment.ts";
import { removeKilledRun } from "./killed-run.ts";
import { proveKubernetes } from "./workload.ts";

const readme = readFileSync(fileURLToPath(new URL("../fixtures/cke-readme.zh.md", import.meta.url)), "utf8");
/** The bodies of the README's two requests with published ports. */
const bodies = [...readme.matchAll(/-X POST http:\/\/\S+\/k8s\/clusters -d '([^']+)'/g)]
  .map(([, body = ""]) => body)
  .slice(0, 2);

// The second request asks for Kubernetes 1.15, which cannot be built here. So the test offers the built version under
// that name, as an operator who has upgraded would.
const configurations = mkdtempSync(join(tmpdir(), "cke-e2e-conf-"));
const deployment = new Deployment({
  name: "user",
  hostname: "10.124.142.224",
  network: "spidernet-vpc56173cke",
  prefix: "192.168.0",
  configurations,
});

beforeAll(async () => {
  cpSync(join(top, "default_cfg"), configurations, { recursive: true });
  cpSync(join(top, `default_cfg/cke.conf-${prepared().version}.yaml`), join(configurations, "cke.conf-1.15.yaml"));
  await removeKilledRun(deployment.network);
  await deployment.start();
});
afterAll(async () => {
  await deployment.stop();
  rmSync(configurations, { recursive: true, force: true });
});

test("the README has both bodies", () => {
  expect(bodies.map((body) => JSON.parse(body).k8s_ver)).toEqual([undefined, "1.15"]);
});

describe.each(bodies.map((body, index) => [index + 1, body] as const))("body %d", (_number, body) => {
  test("comes up, serves, and is deleted without a trace", async () => {
    const answer = await fetch(`${deployment.url}/k8s/clusters`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect([answer.status, await answer.text()]).toEqual([201, expect.stringContaining('"status":201')]);
    console.log(`POST -> all phases done: ${((await deployment.waitUp("my")) / 1000).toFixed(1)} s`);
    await proveKubernetes(deployment, "my");
    // The kubelet's own figures: 4 CPUs, as far as this host has them, and 4096 MiB.
    const shown = ["get", "node", "node0", "-o", "jsonpath={.status.allocatable.cpu} {.status.allocatable.memory}"];
    expect(await deployment.kubectl("my", shown)).toBe(`${Math.min(4, availableParallelism())} 4Gi`);
    const ports = await command("docker", ["ps", "--filter", deployment.label, "--format", "{{.Names}} {{.Ports}}"]);
    expect(ports).toMatch(/node0 .*34571->/);
    await deployment.api.remove("my");
    await deployment.waitGone("my");
    expect(await deployment.leftovers("my")).toEqual([]);
  });
});
