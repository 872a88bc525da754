// The nodes of a cluster as its user and its hosts see them: pods on a worker, pod blocks, labels, and what shows that nothing restarted.
import { z } from "zod";
import type { Deployment } from "../deployment.ts";
import { kernelIdentities } from "../identities/kernel-identities.ts";
import { processIdentities } from "../identities/process-identities.ts";
import { busybox, startedWhen } from "../workload.ts";

const pod = (worker: string) => `apiVersion: v1
kind: Pod
metadata: {name: on-${worker}, labels: {app: on-${worker}}}
spec:
  nodeName: ${worker}
  terminationGracePeriodSeconds: 1
  containers:
  - name: server
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "echo ${worker} >/tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
    ${startedWhen()}
`;
/** A PodDisruptionBudget that keeps the pod of this worker. */
export const budget = (worker: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: keep-${worker}}
spec: {minAvailable: 1, selector: {matchLabels: {app: on-${worker}}}}
`;
const objectSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  spec: z.object({ taints: z.array(z.object({ key: z.string() })).default([]) }),
});

export class NodeProbes {
  readonly #deployment: Deployment;
  readonly #cluster: string;

  constructor(deployment: Deployment, cluster: string) {
    this.#deployment = deployment;
    this.#cluster = cluster;
  }

  #kubectl(...args: string[]): Promise<string> {
    return this.#deployment.kubectl(this.#cluster, args);
  }

  /** Pids and start times of the processes of these nodes, and the containers and restarts of all their pods. */
  async traces(...nodes: readonly string[]) {
    const own = (entries: Record<string, string>, name: (key: string) => string) =>
      Object.entries(entries).filter(([key]) => nodes.includes(name(key)));
    const pods =
      "jsonpath={range .items[*]}{.spec.nodeName} {.metadata.namespace}/{.metadata.name} {range .status.containerStatuses[*]}{.containerID} {.restartCount} {end}{'\\n'}{end}";
    const lines = (await this.#kubectl("get", "pods", "-A", "-o", pods)).trim().split("\n");
    const state = await this.#deployment.api.state(this.#cluster);
    if (state === undefined) throw new Error("the cluster is gone");
    return {
      kernel: own(await kernelIdentities(this.#deployment.label), (key) =>
        (key.split("/")[0] ?? "").replace(`cke-${this.#cluster}-`, ""),
      ),
      processes: own(processIdentities(state), (key) => key.split("/")[0] ?? ""),
      pods: lines.filter((line) => nodes.includes(line.split(" ")[0] ?? "")).sort(),
    };
  }

  /** What a pod of one worker gets from the pod of the other. */
  async fetched(from: string, to: string): Promise<string> {
    const address = (await this.#kubectl("get", "pod", `on-${to}`, "-o", "jsonpath={.status.podIP}")).trim();
    return (await this.#kubectl("exec", `on-${from}`, "--", "wget", "-qO-", `http://${address}:8080/`)).trim();
  }

  /** Runs a pod on this worker, and waits until it is ready. */
  async runPod(worker: string): Promise<void> {
    await this.#deployment.kubectl(this.#cluster, ["apply", "-f", "-"], pod(worker));
    await this.#kubectl("wait", "--for=condition=Ready", `pod/on-${worker}`, "--timeout=600s");
  }

  /** Name and pod block of each Node object. */
  async podBlocks() {
    const fields = 'jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR}{"\\n"}{end}';
    const lines = (await this.#kubectl("get", "nodes", "-o", fields)).trim().split("\n");
    return lines.map((line) => line.split(" "));
  }

  /** Labels and taints of a Node object. */
  async marks(name: string) {
    const object = await this.#kubectl("get", "node", name, "-o", "json");
    const { metadata, spec } = objectSchema.parse(JSON.parse(object));
    return { labels: metadata.labels, taints: spec.taints };
  }
}
