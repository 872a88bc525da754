// What a user does with a new cluster: runs a pod, reads its log, executes in it, reaches it by Service and by name.
import { expect } from "vitest";
import { command } from "../../scripts/up/progress/stage.ts";
import type { Deployment } from "./deployment.ts";
import { waitFor } from "./wait-for.ts";

export const busybox = "cke.local/busybox:1.35";
/**
 * A field of a container: its pod is ready when this path has answered once, and is not asked again. Without it a pod is ready when its
 * program has been started, which need not serve yet.
 */
export const startedWhen = (path = "/", port = 8080) =>
  `startupProbe: {httpGet: {path: ${path}, port: ${port}}, periodSeconds: 1, timeoutSeconds: 60, failureThreshold: 600}`;
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
    ${startedWhen()}
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
  await waitFor("service account default", () => kubectl("get", "serviceaccount", "default"));
  await deployment.kubectl(cluster, ["apply", "-f", "-"], text);
  await kubectl("wait", "--for=condition=Ready", ...pods.map((pod) => `pod/${pod}`), "--timeout=600s");
}

/** Runs the pods and checks that Kubernetes does all that a user expects of it. */
export async function proveKubernetes(deployment: Deployment, cluster: string): Promise<void> {
  const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);
  await expect.poll(() => kubectl("get", "nodes", "--no-headers")).toMatch(/^node0\s+Ready\s/m);
  await startPods(deployment, cluster, manifest, "web", "client");
  expect(await kubectl("logs", "web")).toContain("hello from the pod");
  expect(await kubectl("exec", "web", "--", "cat", "/www/index.html")).toContain("served");
  const address = (await kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")).trim();
  await waitFor("the Service to answer", async () =>
    (await kubectl("exec", "client", "--", "wget", "-qO-", `http://${address}`)).includes("served"),
  );
  await waitFor(
    "CoreDNS",
    async () =>
      Number(
        await kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.status.readyReplicas}"),
      ) > 0,
  );
  await waitFor("DNS to answer", async () =>
    (await kubectl("exec", "client", "--", "nslookup", "kubernetes.default.svc.cluster.local")).includes("10.96.0.1"),
  );
  await waitFor("the short name to resolve", async () =>
    (await kubectl("exec", "client", "--", "wget", "-qO-", "http://web.default")).includes("served"),
  );
}

/** Each deployment has one of its own: it is removed from the engine of all. */
const ownImage = (deployment: Deployment) => `own.local/${deployment.framework}:1`;
const ownPod = (image: string, hostPort: number) => `apiVersion: v1
kind: Pod
metadata: {name: own}
spec:
  nodeName: node0
  containers:
  - name: own
    image: ${image}
    imagePullPolicy: IfNotPresent
    command: [/bin/busybox, httpd, -f, -p, "8080", -h, /bin]
    ports: [{containerPort: 8080, hostPort: ${hostPort}}]
    ${startedWhen("/busybox")}
`;

/**
 * Loads an image that only this host's engine has into node0, and reaches a pod of it through the published ingress
 * port.
 */
export async function proveOwnImage(deployment: Deployment, cluster: string): Promise<void> {
  const image = ownImage(deployment);
  const node = `cke-${cluster}-node0`;
  const shell = (script: string) => command("sh", ["-c", script]);
  try {
    await shell(`docker exec ${node} tar -c -C / bin/busybox | docker import - ${image}`);
    await shell(`docker save ${image} | docker exec -i ${node} ctr -n k8s.io images import -`);
  } finally {
    await command("docker", ["rmi", image]).catch(() => "");
  }
  await deployment.kubectl(cluster, ["apply", "-f", "-"], ownPod(image, deployment.publishedPort));
  await deployment.kubectl(cluster, ["wait", "--for=condition=Ready", "pod/own", "--timeout=600s"]);
  const answer = await waitFor("the ingress port to answer", () =>
    fetch(`http://127.0.0.1:${deployment.publishedPort}/busybox`, { signal: AbortSignal.timeout(60_000) }),
  );
  expect((await answer.bytes()).subarray(1, 4)).toEqual(new TextEncoder().encode("ELF"));
  const logs = await command("docker", ["exec", `cke-${cluster}-master`, "ls", "/var/log/cke/apiserver"]);
  expect(logs.split("\n")).toEqual(expect.arrayContaining(["stderr", "stdout"]));
}
