// Certificates of running masters against masters that are away, refuse, read their files late, or have another key, and over a scheduler that
// is started again.
import { X509Certificate } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { ManualClock } from "../../framework/testing/manual-clock.ts";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { newTaskRecord, newUnitRecord } from "../../workload/records/records.ts";
import { type LateMaster, lateMasters } from "../load-balancer/api-vip.ts";
import { sampleCluster } from "../load-balancer/testing/sample-cluster.ts";
import { createAuthority, issueLeaf } from "../pki/certificate.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { CertifiedMasters } from "./certified-masters.ts";
import { ServingCertificates } from "./serving-certificates.ts";

const vip = ["10.9.9.9", "lb.example"];
const sinceMs = { "10.9.9.9": 1_000, "lb.example": 1_000 };
const now = Date.parse("2030-01-01T00:00:00Z");
const authority = createAuthority("kubernetes", now);
const options = { subject: { commonName: "kube-apiserver" }, usages: ["server"], now } as const;
const old = issueLeaf(authority, { ...options, names: ["localhost"] });
const certificateFor = (key: string) =>
  issueLeaf(authority, { ...options, names: ["localhost", ...vip] }, key).certificate;

const cluster = sampleCluster({
  nodes: ["m1", "m2"].map((name, index) => ({ name, type: "master", ip: `10.0.0.${index}` })),
  apiserver: { expose: ["spider-lb"] },
});

let clock: ManualClock;
/** What each master has in its file, and what it shows. */
let files: Map<string, string>;
let shown: Map<string, string>;
let told: string[];
let writes: string[];
let problem: string;
let reads: boolean;
let certified: CertifiedMasters;
let serving: ServingCertificates;
let keyOfStore: string;
let state: "TASK_RUNNING" | "TASK_STARTING";
const certificates = new Map<string, string>();

const task = () => ({ ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 0), state });
const units = () =>
  ["m1", "m2"].map((name) => ({
    ...newUnitRecord("c", name, ""),
    launch: { ...sampleLaunch({ tasks: [task()] }), executorId: `e-${name}`, createdAtMs: name === "m1" ? 500 : 2_000 },
  }));
const present: PresentWorkloads = { workloads: () => [cluster], unitsOf: units, send: async () => {} };
const late = (): readonly LateMaster[] =>
  lateMasters({ spec: cluster.spec, units: units() }, vip, sinceMs, (id, address) => certified.has(id, address));

function start(): void {
  certified = new CertifiedMasters();
  serving = new ServingCertificates({
    certified,
    late,
    masters: {
      shown: async (_cluster, master) => {
        if (problem !== "") throw new Error(problem);
        return new X509Certificate(shown.get(master) ?? "");
      },
      replace: async (_cluster, { unit, executorId }, { path, pem }) => {
        if (executorId !== `e-${unit}`) throw new Error(`another executor runs ${unit}`);
        writes.push(`${unit} ${path}`);
        files.set(unit, pem);
        if (reads) shown.set(unit, pem);
      },
    },
    issuer: {
      issue: async () => {
        const pem = certificates.get(keyOfStore) ?? certificateFor(keyOfStore);
        certificates.set(keyOfStore, pem);
        return { certificate: new X509Certificate(pem), pem, path: "/pki/apiserver.crt" };
      },
    },
    tell: (level, name, words) => told.push(`${level} ${name}: ${words}`),
    clock,
  });
}

async function seconds(count: number): Promise<void> {
  for (let second = 0; second < count; second += 1) {
    serving.tick(present);
    await serving.idle();
    await clock.advance(1_000);
  }
}

beforeEach(() => {
  clock = new ManualClock();
  shown = new Map([["m1", old.certificate]]);
  files = new Map();
  told = [];
  writes = [];
  problem = "";
  reads = true;
  keyOfStore = old.privateKey;
  state = "TASK_RUNNING";
  start();
});

test("a master that was launched before gets a certificate with its own key, once, and others get none", async () => {
  await seconds(10);
  expect(writes).toEqual(["m1 /pki/apiserver.crt"]);
  expect(late()).toEqual([]);
  expect(told).toEqual(["info c: the certificate of m1 names 10.9.9.9, lb.example now, without a restart"]);
  const given = new X509Certificate(files.get("m1") ?? "");
  expect(given.publicKey.equals(new X509Certificate(old.certificate).publicKey)).toBe(true);
});

test("a scheduler that is started again looks, and writes nothing where it is there", async () => {
  await seconds(5);
  start();
  expect(late()).toHaveLength(1);
  await seconds(5);
  expect(late()).toEqual([]);
  expect(writes).toHaveLength(1);
  expect(told).toHaveLength(1);
});

test("a master that is away is asked ever more rarely, its cluster is told once, and it is done when it is back", async () => {
  problem = "m1 does not answer";
  await seconds(2);
  expect(told).toEqual([]);
  await seconds(58);
  expect(told).toEqual([
    "warning c: the certificate of m1 cannot be given to it: m1 does not answer; it is tried again",
  ]);
  expect(certified.problem("e-m1")).toBe("m1 does not answer");
  problem = "";
  await seconds(64);
  expect(late()).toEqual([]);
  expect(certified.problem("e-m1")).toBe("");
  expect(writes).toHaveLength(1);
});

test("what a master does not read is written again, and is not said to be there", async () => {
  reads = false;
  await seconds(30);
  expect(late()).toHaveLength(1);
  expect(writes.length).toBeGreaterThan(1);
  expect(writes.length).toBeLessThan(7);
  shown.set("m1", files.get("m1") ?? "");
  await seconds(40);
  expect(late()).toEqual([]);
});

test("a certificate for another key is never written", async () => {
  keyOfStore = issueLeaf(authority, options).privateKey;
  await seconds(30);
  expect(writes).toEqual([]);
  expect(certified.problem("e-m1")).toContain("not the stored one");
});

test("a master that is on its way is left alone until it runs", async () => {
  state = "TASK_STARTING";
  await seconds(5);
  expect([writes, told]).toEqual([[], []]);
  state = "TASK_RUNNING";
  await seconds(5);
  expect(writes).toHaveLength(1);
});
