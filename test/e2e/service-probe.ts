// Asks a pod through its Service once a second, by the port that kube-proxy opens on every node. It notes every answer
// that is missing.

import type { HaDeployment } from "./ha-deployment.ts";
import { waitFor } from "./wait-for.ts";
import { busybox, startedWhen } from "./workload.ts";

const manifest = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: node1
  containers:
  - name: web
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "mkdir -p /www; echo served >/www/index.html; exec httpd -f -p 8080 -h /www"]
    ${startedWhen()}
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;

export class ServiceProbe {
  readonly #deployment: HaDeployment;
  readonly #missed: string[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  answered = 0;

  constructor(deployment: HaDeployment) {
    this.#deployment = deployment;
  }

  /** Makes pod and Service, waits for the first answer through each node, then asks all of them once a second. */
  async start(cluster: string, nodes: readonly string[]): Promise<void> {
    const kubectl = (...args: string[]) => this.#deployment.kubectl(cluster, args);
    await waitFor("service account default", () => kubectl("get", "serviceaccount", "default"));
    await this.#deployment.kubectl(cluster, ["apply", "-f", "-"], manifest);
    await kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=600s");
    const port = (await kubectl("get", "service", "web", "-o", "jsonpath={.spec.ports[0].nodePort}")).trim();
    const urls = nodes.map((node) => `http://${node}:${port}/`);
    for (const url of urls) {
      await waitFor(`${url} to answer`, async () => (await ask(url)) === "");
    }
    this.#timer = setInterval(() => {
      for (const url of urls) void this.#note(url);
    }, 1_000);
  }

  /** The requests without the right answer, as text. */
  missed(): readonly string[] {
    return [...this.#missed];
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #note(url: string): Promise<void> {
    const asked = new Date().toISOString();
    const problem = await ask(url);
    if (problem === "") this.answered += 1;
    else this.#missed.push(`${asked} ${url}: ${problem}`);
  }
}

/**
 * "" for the right answer, otherwise what came instead. A loaded machine may take seconds; a broken path never answers.
 */
async function ask(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(30_000), headers: { connection: "close" } });
    const text = await answer.text();
    return answer.ok && text.includes("served") ? "" : `${answer.status} ${text.slice(0, 80)}`;
  } catch (error) {
    return error instanceof Error ? `${error.message} ${String(error.cause ?? "")}`.trim() : String(error);
  }
}
