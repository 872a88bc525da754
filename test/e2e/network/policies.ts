// Sees that the network policies of a cluster are enforced.
import { expect } from "vitest";
import type { Deployment } from "../deployment.ts";
import { waitFor } from "../wait-for.ts";
import { busybox, startedWhen } from "../workload.ts";

/** Pods with a label (all for none) get only what `rules` allow; with direction "Egress": send only that. */
const policy = (name: string, labels: string, rules = "", direction = "Ingress") => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}}
spec: {podSelector: {matchLabels: {${labels}}}, policyTypes: [${direction}]${rules === "" ? "" : `, ${rules}`}}
`;

const namespace = `apiVersion: v1
kind: Namespace
metadata: {name: guests, labels: {team: guests}}
`;
const guest = `apiVersion: v1
kind: Pod
metadata: {name: guest, namespace: guests}
spec:
  nodeName: node0
  containers:
  - name: guest
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "echo guest >/tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
    ${startedWhen()}
`;

export interface PolicyProof {
  readonly deployment: Deployment;
  /** With the pods "on-node0" and "on-node1", which serve at port 8080 and have labels of that name. */
  readonly cluster: string;
  readonly inside: (node: string, ...args: string[]) => Promise<string>;
  /** Address of a client outside of the cluster, and a command there. */
  readonly client: string;
  readonly outside: (...args: string[]) => Promise<string>;
}

const succeeds = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  );

export async function provePolicies({ deployment, cluster, inside, client, outside }: PolicyProof): Promise<void> {
  const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);
  const apply = (...of: Parameters<typeof policy>) => deployment.kubectl(cluster, ["apply", "-f", "-"], policy(...of));
  await deployment.kubectl(cluster, ["apply", "-f", "-"], namespace);
  await waitFor("its service account", () => kubectl("get", "serviceaccount", "default", "--namespace=guests"));
  await deployment.kubectl(cluster, ["apply", "-f", "-"], guest);
  await kubectl("wait", "--for=condition=Ready", "pod/guest", "--namespace=guests", "--timeout=120s");
  const to = (await kubectl("get", "pod", "on-node1", "-o", "jsonpath={.status.podIP}")).trim();
  const url = `http://${to}:8080/`;
  const from = (...pod: string[]) => kubectl("exec", ...pod, "--", "timeout", "1", "wget", "-qO-", url);
  const neighbour = () => succeeds(from("on-node0"));
  const stranger = () => succeeds(from("guest", "--namespace=guests"));
  const external = () => succeeds(outside("curl", "-sS", "-m", "1", "--interface", client, url));
  const reach = () => Promise.all([neighbour(), stranger(), external()]);
  const times: number[] = [];
  const becomes = async (what: string, who: () => Promise<boolean>, wanted: boolean) => {
    const begun = performance.now();
    await waitFor(what, async () => (await who()) === wanted, undefined, { everyMs: 20 });
    times.push(Math.round(performance.now() - begun));
  };
  await waitFor("all to reach it", async () => (await reach()).every((reached) => reached));

  await apply("nothing", "");
  await becomes("everything to be denied", neighbour, false);
  expect(await reach()).toEqual([false, false, false]);
  // A node reaches its own pods: its kubelet asks them whether they are well.
  expect((await inside("node1", "curl", "-sS", "-m", "5", url)).trim()).toBe("node1");
  expect(await inside("node1", "cke-policies", "denied")).toContain(` to pod ${to} (cali`);

  await apply("other-port", "on: node1", "ingress: [{from: [{podSelector: {}}], ports: [{port: 8081}]}]");
  const guests = "from: [{namespaceSelector: {matchLabels: {team: guests}}}], ports: [{port: 8080}]";
  await apply("guests", "on: node1", `ingress: [{${guests}}]`);
  await becomes("pods of a namespace to be let in", stranger, true);
  expect(await reach()).toEqual([false, true, false]);
  await apply("range", "on: node1", `ingress: [{from: [{ipBlock: {cidr: ${client}/32}}]}]`);
  await becomes("a client outside to be let in", external, true);
  expect(await reach()).toEqual([false, true, true]);
  await apply("label", "on: node1", "ingress: [{from: [{podSelector: {matchLabels: {on: node0}}}]}]");
  await becomes("pods with a label to be let in", neighbour, true);

  await apply("leaving", "on: node0", `egress: [{to: [{ipBlock: {cidr: ${client}/32}}]}]`, "Egress");
  await becomes("what a pod sends to be denied", neighbour, false);
  expect(await kubectl("exec", "on-node0", "--", "ping", "-c", "1", "-W", "5", client)).toContain(" 0% packet loss");

  await kubectl("delete", "networkpolicy", "--all");
  await becomes("what a pod sends to be let through", neighbour, true);
  expect(await reach()).toEqual([true, true, true]);
  await kubectl("delete", "namespace", "guests", "--wait=false");
  console.log(`  policies were enforced after, in ms: ${times.join(", ")}`);
  // The bar is 3 s on a quiet machine. On a busy one any single change may take longer.
  expect(Math.min(...times)).toBeLessThanOrEqual(3_000);
}
