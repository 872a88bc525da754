import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configurations, SchedulerProcess } from "./testing/scheduler-process.ts";

// cke-scheduler as a process: flags, start errors, one life with the embedded Mesos, signals, restart, kill -9.

let directory: string;
const running = new Set<SchedulerProcess>();
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-scheduler-"));
});
afterEach(async () => {
  await Promise.all([...running].map((scheduler) => scheduler.end()));
  running.clear();
  rmSync(directory, { recursive: true, force: true });
});

function start(args: readonly string[], environment: Record<string, string> = {}): SchedulerProcess {
  const scheduler = new SchedulerProcess(args, { cwd: directory, environment });
  running.add(scheduler);
  return scheduler;
}

const base = () => [
  ...["-listen", "127.0.0.1:0", "-master", "local", "-k8s_config", configurations, "-k8s_registry_cert="],
  ...["-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db")],
];

async function ready(url: string): Promise<void> {
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 120_000 }).toBe(200);
}

describe("without starting anything", () => {
  it("-version and -help", async () => {
    const version = start(["-version"]);
    expect(await version.ended).toBe(0);
    expect(version.stdout).toBe("cke-scheduler 0.1.0 (build source)\n");
    const help = start(["--help"]);
    expect(await help.ended).toBe(0);
    expect(help.stdout).toContain("-storage_type string");
    expect(help.stderr).toBe("");
  });

  it("a wrong flag is one line and exit code 2", async () => {
    const wrong = start(["-listne", "x"]);
    expect(await wrong.ended).toBe(2);
    expect(wrong.stderr).toMatch(/^cke-scheduler: .*-listne.*-listen.*\n$/);
    const environment = start([], { CKE_LISTEN: "nowhere" });
    expect(await environment.ended).toBe(2);
    expect(environment.stderr).toContain("CKE_LISTEN (flag -listen): bad value");
  });
});

describe("start errors are one line that says what to do", () => {
  const replaced = (name: string, value: string) => [...base(), `-${name}=${value}`];
  let brokenConfigurations: string;
  beforeAll(() => {
    brokenConfigurations = mkdtempSync(join(tmpdir(), "cke-broken-"));
    writeFileSync(join(brokenConfigurations, "cke.conf-1.37.yaml"), "ImageNam: x\nNodeConf: {}\n");
  });
  afterAll(() => rmSync(brokenConfigurations, { recursive: true, force: true }));

  it.each<readonly [string, () => string[], RegExp]>([
    [
      "no master",
      () => base().filter((argument) => argument !== "-master" && argument !== "local"),
      /-master is missing/,
    ],
    [
      "no file for sqlite",
      () => base().filter((argument) => !/storage_servers|cke\.db/.test(argument)),
      /-storage_servers/,
    ],
    ["a file as etcd", () => replaced("storage_type", "etcd"), /-storage_servers/],
    ["no configurations", () => replaced("k8s_config", join(directory, "none")), /see -k8s_config/],
    [
      "a broken configuration",
      () => replaced("k8s_config", brokenConfigurations),
      /-k8s_config: \S+cke\.conf-1\.37\.yaml:1: .*; \S+cke\.conf-1\.37\.yaml:/,
    ],
    ["no directory of executors", () => replaced("exec_dir", join(directory, "none")), /-exec_dir: .* is no directory/],
    [
      "missing certificate",
      () => replaced("k8s_registry_cert", "/no/such.crt"),
      /-k8s_registry_cert \/no\/such\.crt: ENOENT/,
    ],
    ["bad resources", () => replaced("local_resources", "cpus:many"), /-local_resources: /],
    [
      "secret without principal",
      () => replaced("mesos_secret_file", "/x"),
      /-mesos_secret_file needs -mesos_principal/,
    ],
    [
      "missing secret",
      () => [...base(), "-mesos_principal=p", "-mesos_secret_file=/no/such.secret"],
      /-mesos_secret_file \/no\/such\.secret: ENOENT/,
    ],
  ])("%s: exit code 2, and nothing was started", async (_name, args, words) => {
    const scheduler = start(args());
    expect(await scheduler.ended).toBe(2);
    expect(scheduler.stderr).toMatch(/^cke-scheduler: [^\n]*\n$/);
    expect(scheduler.stderr).toMatch(words);
    expect(readdirSync(directory)).toEqual([]);
  });

  describe("a port that is taken", () => {
    let server: Server;
    let address: string;
    beforeEach(async () => {
      server = createServer();
      await once(server.listen(0, "127.0.0.1"), "listening");
      const bound = server.address();
      address = `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
    });
    afterEach(() => void server.close());

    it("is told before a store is opened or Mesos started", async () => {
      const scheduler = start(replaced("listen", address));
      expect(await scheduler.ended).toBe(1);
      const words =
        "the port is taken by another process (ss -ltnp shows by which); stop that one, or choose another address";
      expect(scheduler.stderr.split("\n").at(-2)).toBe(`cke-scheduler: -listen ${address}: ${words}`);
      expect(scheduler.stderr).not.toMatch(/mesos/i);
      expect(readdirSync(directory)).toEqual([]);
    });

    it("of the embedded master, by the flag that names it", async () => {
      const scheduler = start([...base(), "-local_master_listen", address]);
      expect(await scheduler.ended).toBe(1);
      const last = scheduler.stderr.split("\n").at(-2);
      expect(last).toMatch(/^cke-scheduler: the embedded Mesos does not start \(-local_master_listen 127/);
      expect(last).toContain(address);
      expect(last).toMatch(/: the port is taken by another process \(/);
    });
  });

  it("the store is a text file", async () => {
    writeFileSync(join(directory, "cke.db"), "no database".repeat(100));
    const scheduler = start(base());
    expect(await scheduler.ended).toBe(1);
    expect(scheduler.stderr).toMatch(/cke-scheduler: .*cke\.db is damaged or no cke-scheduler store/);
  });
});

describe("one life", () => {
  const cluster = {
    cluster_name: "my",
    cluster_type: "k8s",
    network: "nodes",
    kubenodes: [{ name: "master", type: "master", host: "no-such-agent", node_ip: "192.168.0.80" }],
  };
  const headers = { "content-type": "application/json" };
  const create = (url: string) =>
    fetch(`${url}/k8s/clusters`, { method: "POST", headers, body: JSON.stringify(cluster) });
  const token = async (url: string) => (await fetch(`${url}/k8s/clusters/my/adminToken`)).text();

  it("starts, subscribes, creates, is stopped by SIGTERM, and remembers", async () => {
    const first = start(base());
    const url = await first.up();
    await ready(url);
    expect((await create(url)).status).toBe(201);
    const secret = await token(url);
    // The file is this scheduler's alone.
    const second = start(base());
    expect(await second.ended).toBe(1);
    expect(second.stderr).toMatch(/cke\.db is in use by another process/);
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
    expect(first.stderr).toContain("cke-scheduler has stopped");
    expect(first.stderr).not.toContain(JSON.parse(secret).AdminToken);

    const again = start(base());
    const newUrl = await again.up();
    expect(await token(newUrl)).toBe(secret);
    again.child.kill("SIGINT");
    expect(await again.ended).toBe(0);
  });

  it("has everything again after kill -9, and the same framework id", async () => {
    const first = start(base());
    const url = await first.up();
    await ready(url);
    expect((await create(url)).status).toBe(201);
    const secret = await token(url);
    first.child.kill("SIGKILL");
    await first.ended;
    const again = start(base());
    const newUrl = await again.up();
    await ready(newUrl);
    expect(await token(newUrl)).toBe(secret);
    const framework = /"frameworkId":"([^"]+)"/;
    expect(framework.exec(again.stderr)?.[1]).toBe(framework.exec(first.stderr)?.[1]);
    expect((await fetch(`${newUrl}/k8s/clusters/my`, { method: "DELETE" })).status).toBe(202);
    await expect.poll(async () => (await fetch(`${newUrl}/k8s/clusters/my`)).status, { timeout: 120_000 }).toBe(404);
    again.child.kill("SIGTERM");
    expect(await again.ended).toBe(0);
  });

  it("its agent waits for executors that are only slow, longer than Mesos' agents do", async () => {
    const scheduler = start(base());
    await ready(await scheduler.up());
    const master = /"master":"([^"]+)"/.exec(scheduler.stderr)?.[1];
    const slaves = await (await fetch(`http://${master}/slaves`)).text();
    const agent = /slave\(1\)@([\d.:]+)/.exec(slaves)?.[1];
    expect(await (await fetch(`http://${agent}/flags`)).json()).toMatchObject({
      flags: { executor_registration_timeout: "10mins", executor_reregistration_timeout: "1mins" },
    });
    scheduler.child.kill("SIGTERM");
    expect(await scheduler.ended).toBe(0);
  });

  it("says that it has no authentication when it listens beyond loopback, and only then", async () => {
    const warning = /the API has no authentication and listens at 0\.0\.0\.0:\d+: /;
    const open = start(base().map((argument) => (argument === "127.0.0.1:0" ? "0.0.0.0:0" : argument)));
    const url = `http://127.0.0.1:${new URL(await open.up()).port}`;
    await ready(url);
    expect(open.stderr).toMatch(warning);
    const answer: unknown = await (await fetch(`${url}/readyz`)).json();
    expect(answer).toMatchObject({ warnings: [expect.stringMatching(warning)] });
    open.child.kill("SIGTERM");
    expect(await open.ended).toBe(0);

    const closed = start(base());
    await ready(await closed.up());
    expect(closed.stderr).not.toMatch(/no authentication/);
    closed.child.kill("SIGTERM");
    expect(await closed.ended).toBe(0);
  });

  it("with the empty store: warns, and its directory goes with it", async () => {
    const scheduler = start(
      ["-listen", "127.0.0.1:0", "-master", "local", "-k8s_config", configurations, "-log_level", "debug"],
      { TMPDIR: directory },
    );
    const url = await scheduler.up();
    await ready(url);
    expect(scheduler.stderr).toContain("a restart forgets every cluster");
    expect(scheduler.stderr).toContain("no registry certificate");
    scheduler.child.kill("SIGTERM");
    expect(await scheduler.ended).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });
});
