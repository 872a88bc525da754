// A scheduler with -k8s_spider_lb_endpoint, the embedded Mesos and a load balancer that knows exactly the calls of its API: what a cluster
// registers, what the API shows of it, and what is left after the cluster and over a kill of the scheduler.
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@cke/foundation";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { StrictSpider } from "./kubernetes/load-balancer/testing/strict-spider.ts";
import { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import { type Member, SchedulerGroup } from "./testing/scheduler-group.ts";

let directory: string;
let spider: StrictSpider;
let group: SchedulerGroup | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-balancer-"));
  spider = await StrictSpider.start();
});
afterEach(async () => {
  await group?.stop();
  await spider.stop();
  await rm(directory, { recursive: true, force: true });
});

const vpc = "vpc56173cke";
const shown = z.looseObject({
  load_balancer: z.object({
    vpc: z.string(),
    vip: z.array(z.string()),
    hosts: z.array(z.string()),
    problem: z.string(),
  }),
});
const ask = async (member: Member, path: string, method = "GET") =>
  await fetch(`${member.url}/k8s/v1/clusters${path}`, { method, signal: AbortSignal.timeout(60_000) });
const patience = { timeout: 120_000, interval: 100 };

test("hosts come with the nodes, stay over a kill of the scheduler, and go with the cluster, also when the load balancer was away", async () => {
  spider.vips.set(vpc, ["10.9.9.9"]);
  spider.services.set(vpc, new Set(["s1"]));
  const storage = ["-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db")];
  group = await SchedulerGroup.start({ storage: [...storage, "-k8s_spider_lb_endpoint", spider.endpoint], size: 1 });
  const first = await group.leader();
  await group.runningCluster(first);
  await expect.poll(() => spider.hostsOf(vpc), patience).toEqual(["192.168.0.81"]);
  const balancer = { vpc, vip: ["10.9.9.9"], hosts: ["192.168.0.81"], problem: "" };
  const summary = async () => shown.parse(await (await ask(first, "/my")).json()).load_balancer;
  await expect.poll(summary, patience).toEqual(balancer);
  const [item] = z.array(shown).parse(await (await ask(first, "")).json());
  expect(item?.load_balancer).toEqual(balancer);
  expect(shown.parse(await (await ask(first, "/my/state")).json()).load_balancer).toEqual(balancer);

  first.process.signal("SIGKILL");
  await first.process.ended;
  spider.fate = () => "refuse";
  const second = await group.add();
  await group.leader(first);
  expect(shown.parse(await (await ask(second, "/my")).json()).load_balancer).toMatchObject({ hosts: ["192.168.0.81"] });
  expect((await ask(second, "/my", "DELETE")).status).toBe(202);
  await expect.poll(async () => (await group?.list(second))?.length, patience).toBe(0);
  expect(spider.hostsOf(vpc)).toEqual(["192.168.0.81"]);

  spider.fate = () => "answer";
  await expect.poll(() => spider.hostsOf(vpc), patience).toEqual([]);
  await expect.poll(() => spider.servicesOf(vpc), patience).toEqual([]);
  expect(spider.violations).toEqual([]);
}, 600_000);

/** Names in the certificate of the master's API server, as it is stored. Nobody else may have the store open. */
async function certifiedNames(): Promise<string> {
  const store = await SqliteStore.open(join(directory, "cke.db"), silentLogger);
  try {
    const secrets = z.object({ secrets: z.looseObject({ "apiserver.crt": z.string() }) });
    const stored = secrets.parse((await store.get("pki/my/nodes/master"))?.value);
    return new X509Certificate(stored.secrets["apiserver.crt"]).subjectAltName ?? "";
  } finally {
    await store.close();
  }
}

const exposed = z.looseObject({ apiserver: z.string() });
const lines = z.array(z.looseObject({ log: z.string().default("") }));

test.each([
  ["before the masters are launched: their certificates name it", true],
  ["after it: the log says so", false],
])(
  "an API server that is exposed by the load balancer is reached at its address, which is known %s",
  async (_title, early) => {
    if (early) spider.vips.set(vpc, ["10.9.9.9", "fd00::9"]);
    const storage = ["-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db")];
    group = await SchedulerGroup.start({ storage: [...storage, "-k8s_spider_lb_endpoint", spider.endpoint], size: 1 });
    const first = await group.leader();
    await group.runningCluster(first, { apiserver: { expose: ["spider-lb", "scheduler"] } });
    await expect.poll(() => spider.hostsOf(vpc), patience).toEqual(["192.168.0.80", "192.168.0.81"]);
    const address = async () => {
      const [item] = z.array(exposed).parse(await (await ask(first, "")).json());
      const summary = exposed.parse(await (await ask(first, "/my")).json());
      return [item?.apiserver, summary.apiserver];
    };
    const log = async () =>
      lines
        .parse(await (await ask(first, "/my/logs?format=json")).json())
        .map((line) => line.log)
        .join("\n");
    if (!early) {
      const none = await ask(first, "/my/kubeconfig?via=spider-lb");
      expect([none.status, await none.text()]).toEqual([409, expect.stringContaining("has not told an address")]);
      expect((await ask(first, "/my/kubeconfig")).headers.get("x-cke-via")).toBe("scheduler");
      spider.vips.set(vpc, ["10.9.9.9", "fd00::9"]);
    }
    await expect.poll(address, patience).toEqual(["https://10.9.9.9:6443", "https://10.9.9.9:6443"]);
    for (const query of ["", "?via=spider-lb"]) {
      const file = await ask(first, `/my/kubeconfig${query}`);
      expect(file.headers.get("x-cke-via")).toBe("spider-lb");
      const [{ cluster }] = z
        .object({ clusters: z.tuple([z.object({ cluster: z.record(z.string(), z.string()) })]) })
        .parse(parse(await file.text())).clusters;
      expect(cluster).toMatchObject({ server: "https://10.9.9.9:6443", "tls-server-name": "kubernetes" });
    }
    if (!early) expect(await log()).toContain("after master had been launched");
    first.process.signal("SIGKILL");
    await first.process.ended;
    const names = await certifiedNames();
    expect(["IP Address:10.9.9.9", "IP Address:FD00:0:0:0:0:0:0:9"].map((name) => names.includes(name))).toEqual([
      early,
      early,
    ]);
    expect(spider.violations).toEqual([]);
  },
  600_000,
);
