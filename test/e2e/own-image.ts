// Follows the README's advice about own images and ingress ports.
import { expect } from "vitest";
import { command } from "../../scripts/up/progress/stage.ts";
import type { Deployment } from "./deployment.ts";
import { waitFor } from "./wait-for.ts";

const image = "own.local/web:1";
const manifest = (hostPort: number) => `apiVersion: v1
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
`;

/**
 * Loads an image that only this host's engine has into node0, and reaches a pod of it through the published ingress
 * port.
 */
export async function proveOwnImage(deployment: Deployment, cluster: string): Promise<void> {
  const node = `cke-${cluster}-node0`;
  const shell = (script: string) => command("sh", ["-c", script]);
  try {
    await shell(`docker exec ${node} tar -c -C / bin/busybox | docker import - ${image}`);
    await shell(`docker save ${image} | docker exec -i ${node} ctr -n k8s.io images import -`);
  } finally {
    await command("docker", ["rmi", image]).catch(() => "");
  }
  await deployment.kubectl(cluster, ["apply", "-f", "-"], manifest(deployment.publishedPort));
  await deployment.kubectl(cluster, ["wait", "--for=condition=Ready", "pod/own", "--timeout=600s"]);
  const answer = await waitFor("the ingress port to answer", 60_000, () =>
    fetch(`http://127.0.0.1:${deployment.publishedPort}/busybox`).catch(() => undefined),
  );
  expect((await answer.bytes()).subarray(1, 4)).toEqual(new TextEncoder().encode("ELF"));
  const logs = await command("docker", ["exec", `cke-${cluster}-master`, "ls", "/var/log/cke/apiserver"]);
  expect(logs.split("\n")).toEqual(expect.arrayContaining(["stderr", "stdout"]));
}
