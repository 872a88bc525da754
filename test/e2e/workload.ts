// What a user does with a new cluster: runs a pod, reads its log, executes in it, reaches it by Service and by name.
import { expect } from "vitest";
import type { Deployment } from "./deployment.ts";
import { waitFor } from "./wait-for.ts";

export const busybox = "cke.local/busybox:1.35";
/** A pod that serves "served" at port 8080. */
export const webPod = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - name: web
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "echo hello from the pod; mkdir -p /www; echo served >/www/index.html; exec httpd -f -p 8080 -h /www"]
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
---
`;
const manifest = `${webPod}apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  containers:
  - name: client
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sleep, "86400"]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;

/** Makes what the manifest says, and waits until these pods of it are ready. */
export async function startPods(
  deployment: Deployment,
  cluster: string,
  text: string,
  ...pods: readonly string[]
): Promise<void> {
  const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);
  await waitFor("service account default", 60_000, () => kubectl("get", "serviceaccount", "default"));
  await deployment.kubectl(cluster, ["apply", "-f", "-"], text);
  await kubectl("wait", "--for=condition=Ready", ...pods.map((pod) => `pod/${pod}`), "--timeout=600s");
}

/** Runs the pods and checks that Kubernetes does all that a user expects of it. */
export async function proveKubernetes(deployment: Deployment, cluster: string): Promise<void> {
  const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);
  const nodes = await kubectl("get", "nodes", "--no-headers");
  expect(nodes).toMatch(/^node0\s+Ready\s/m);
  await startPods(deployment, cluster, manifest, "web", "client");
  expect(await kubectl("logs", "web")).toContain("hello from the pod");
  expect(await kubectl("exec", "web", "--", "cat", "/www/index.html")).toContain("served");
  const address = (await kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")).trim();
  await waitFor("the Service to answer", 30_000, async () =>
    (await kubectl("exec", "client", "--", "wget", "-qO-", `http://${address}`)).includes("served"),
  );
  await waitFor(
    "CoreDNS",
    90_000,
    async () =>
      Number(
        await kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.status.readyReplicas}"),
      ) > 0,
  );
  await waitFor("DNS to answer", 60_000, async () =>
    (await kubectl("exec", "client", "--", "nslookup", "kubernetes.default.svc.cluster.local")).includes("10.96.0.1"),
  );
  await waitFor("the short name to resolve", 30_000, async () =>
    (await kubectl("exec", "client", "--", "wget", "-qO-", "http://web.default")).includes("served"),
  );
}
