// Launches on the real Docker engine that fail: the update of the node says what is wrong, and nothing is left.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { unitReport } from "@cke/executor-core/testing/recording-context";
import type { KubeNodeTaskInit } from "@cke/protocol";
import { beforeAll, describe, expect, test } from "vitest";
import { type DockerLab, docker } from "../testing/docker-lab.ts";
import { message, nodeId, ready, sleeper, useDriverLab } from "../testing/driver-lab.ts";
import { launchNode, launchProcess } from "../testing/launches.ts";

const run = promisify(execFile);

const { lab: openLab, executor, task } = useDriverLab();
let lab: DockerLab;
beforeAll(() => {
  lab = openLab();
});

describe("failures", () => {
  /** The words of the node's task; its process says in short that it was that. */
  async function failure(init: KubeNodeTaskInit, cause: string): Promise<string> {
    const { context, driver } = executor();
    driver.launch(launchProcess(sleeper("p"), "p"));
    driver.launch(launchNode(task(init), nodeId));
    await ready(context);
    const end = context.of(nodeId).at(-1);
    expect(end).toMatchObject({ state: "TASK_FAILED", reason: "REASON_CONTAINER_LAUNCH_FAILED" });
    expect(unitReport(end?.data)?.cause).toBe(cause);
    const process = context.of("p").at(-1)?.message ?? "";
    const headline = process.replace(/^its node ended: /, "");
    expect(process).not.toBe(headline);
    expect(headline).not.toContain("Docker:");
    expect(message(context).startsWith(headline)).toBe(true);
    expect(await lab.leftovers()).toEqual([]);
    return message(context);
  }

  test("no such image", async () => {
    expect(await failure({ image: "127.0.0.1:1/none:1" }, "registry_unreachable")).toMatch(
      /^image 127\.0\.0\.1:1\/none:1 cannot be pulled: .* Docker: Get "http:\/\/127\.0\.0\.1:1\/v2\/": dial tcp/,
    );
  });

  test("a local image that is not there is not looked for in a registry", async () => {
    expect(await failure({ image: "cke.local/none:v1.36.3" }, "image_missing")).toMatch(
      /^image cke\.local\/none:v1\.36\.3 is not on this host, .*: build it here \(make image VERSION=1\.36 IMAGE=cke\.local\/none:v1\.36\.3\)/,
    );
  });

  test("network missing", async () => {
    expect(await failure({ network: `${lab.name}-no` }, "network_missing")).toMatch(
      /^Docker network t\w+-no does not exist on this host: create it/,
    );
  });

  test("address outside of the network", async () => {
    expect(await failure({ network: lab.network, ip: "192.0.2.1" }, "address_outside")).toMatch(
      /^address 192\.0\.2\.1 is not in a subnet of network/,
    );
  });

  test("address in use", async () => {
    const holder = await docker("run", "-d", "--network", lab.network, "--ip", lab.ip(90), lab.image);
    try {
      const words = await failure({ network: lab.network, ip: lab.ip(90) }, "address_in_use");
      expect(words).toMatch(
        /^address \S+ of network \S+ is in use by container \S+: .*Docker: Address already in use$/,
      );
    } finally {
      await docker("rm", "-f", holder);
    }
  });

  test("the address of the gateway", async () => {
    const words = await failure({ network: lab.network, ip: lab.ip(1) }, "address_in_use");
    expect(words).toMatch(/^address \S+ of network \S+ is in use by its gateway: /);
  });

  test("port taken on the host", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const hostPort = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const words = await failure({ ports: [{ hostPort, containerPort: 80, hostIp: "127.0.0.1" }] }, "port_taken");
      expect(words).toMatch(/^a published port is taken on this host.*address already in use$/);
      expect(words).toContain(String(hostPort));
    } finally {
      server.close();
    }
  });

  test("the name belongs to a foreign container", async () => {
    const holder = await docker("run", "-d", "--name", `cke-${lab.name}-n`, lab.image);
    try {
      expect(await failure({}, "name_taken")).toMatch(/exists and is no container of CKE: remove or rename it/);
    } finally {
      await docker("rm", "-f", holder);
    }
  });

  test("an image that is no KubeNode image tells its last words", async () => {
    const image = `cke-executor-test:${lab.name}-bad`;
    const id = await docker("create", lab.image);
    await run("docker", [
      "commit",
      "-c",
      'ENTRYPOINT ["/node","-e","console.error(42 + \\" is no wrapper\\"); process.exit(3)"]',
      id,
      image,
    ]);
    await docker("rm", id);
    try {
      expect(await failure({ image }, "container_exited")).toMatch(
        /first program ended \(exit code 3\).*42 is no wrapper/s,
      );
    } finally {
      await docker("rmi", image);
    }
  });
});
