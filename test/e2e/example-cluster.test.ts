// The whole main path with real parts as separate processes: post, bring-up, use, restart, delete.
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { processIdentities } from "./identities/process-identities.ts";
import { proveKubernetes, proveOwnImage } from "./workload.ts";

const deployment = new Deployment({ name: "example" });
const cluster = clusterName("example");
const state = async () => {
  const now = await deployment.api.state(cluster);
  if (now === undefined) throw new Error("the cluster is gone");
  return now;
};

beforeAll(() => deployment.start());
afterAll(() => deployment.stop());

test("the example cluster comes up and does what Kubernetes does", async () => {
  await deployment.api.create({
    ...exampleCluster(deployment.prefix, deployment.publishedPort),
    cluster_name: cluster,
    network: deployment.network,
  });
  const milliseconds = await deployment.waitUp(cluster);
  console.log(`POST -> all phases done: ${(milliseconds / 1000).toFixed(1)} s`);
  await proveKubernetes(deployment, cluster);
});

test("an image of one's own and the ingress port are used as the README says", () =>
  proveOwnImage(deployment, cluster));

test("the admin token is a cluster administrator", async () => {
  const answer = await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/adminToken`);
  const { AdminToken: token } = JSON.parse(await answer.text());
  const server = `https://${deployment.prefix}.10:6443`;
  const output = await command("curl", ["-sk", "-K", "-", `${server}/api/v1/namespaces/kube-system/secrets`], {
    input: `header = "Authorization: Bearer ${token}"\n`,
  });
  expect(JSON.parse(output)).toMatchObject({ kind: "SecretList" });
});

test("no secret is where others can read it", async () => {
  const containers = (await command("docker", ["ps", "-q", "--filter", deployment.label])).split("\n").filter(Boolean);
  expect(containers).toHaveLength(3);
  for (const container of containers) {
    expect(await command("docker", ["inspect", container])).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/);
    const loose = await command("docker", [
      "exec",
      container,
      "sh",
      "-c",
      "[ -d /etc/kubernetes/pki ] && find /etc/kubernetes/pki -type f -perm /077 || true",
    ]);
    expect(loose).toBe("");
    const authorities = await command("docker", [
      "exec",
      container,
      "sh",
      "-c",
      "find / -xdev -name '*ca.key' 2>/dev/null || true",
    ]);
    expect(authorities).toBe("");
  }
  const { AdminToken: token } = JSON.parse(
    await (await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/adminToken`)).text(),
  );
  const seen = await command("sh", [
    "-c",
    `cat ${deployment.directory}/*.log; tr '\\0' ' ' </proc/self/cmdline; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`,
  ]);
  expect(seen.includes(token)).toBe(false);
  expect(seen).not.toMatch(/PRIVATE KEY/);
});

test("a scheduler that is restarted finds everything and restarts nothing", async () => {
  const before = processIdentities(await state());
  await deployment.scheduler.stop(60_000);
  await deployment.startScheduler();
  await expect.poll(async () => processIdentities(await state())).toEqual(before);
});

test("delete leaves nothing", async () => {
  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster);
  expect(await deployment.leftovers(cluster)).toEqual([]);
  expect(await deployment.api.clusters()).toEqual([]);
});
