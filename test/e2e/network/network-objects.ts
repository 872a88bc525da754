// What the tests of networks create in clusters, and what CKE tells of a network.
import { z } from "zod";
import { waitFor } from "../wait-for.ts";
import { busybox, startedWhen } from "../workload.ts";

/** A pod on a node that answers with the node's name, and logs who asked. */
export const server = (node: string) => `apiVersion: v1
kind: Pod
metadata: {name: on-${node}, labels: {app: web, on: ${node}}}
spec:
  nodeName: ${node}
  containers:
  - name: server
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "echo ${node} >/tmp/index.html; exec httpd -f -v -p 8080 -h /tmp"]
    ${startedWhen()}
`;

/** A Service of type LoadBalancer for pods with a label. `more`: of its specification. */
export const balancedService = (name: string, selector: string, more = "") => `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {type: LoadBalancer, selector: {${selector}}, ports: [{port: 80, targetPort: 8080}]${more}}
`;

const bgp = z.object({
  problem: z.string(),
  sessions: z.number(),
  established: z.number(),
  routes: z.number(),
  flaps: z.number(),
  shown: z.array(z.object({ name: z.string(), established: z.boolean(), since: z.string() })),
});
/** `GET …/network` */
export const networkSchema = z.object({
  provider: z.string(),
  policy: z.string(),
  asn: z.number(),
  routers: z.array(
    z.object({
      address: z.string(),
      asn: z.number(),
      password: z.boolean(),
      nodes: z.number(),
      established: z.number(),
    }),
  ),
  nodes: z.array(
    z.object({
      name: z.string(),
      announced: z.array(z.string()),
      bgp: bgp.nullable(),
      policy: z.object({ enforced: z.boolean(), problem: z.string() }).nullable(),
    }),
  ),
});

/** What a scheduler answers; throws unless it is well. */
export async function askedOf(url: string, path: string, init: RequestInit): Promise<string> {
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(60_000), ...init });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}: ${text}`);
  return text;
}

/** Waits until every node has said that so many sessions are established, and none is missing. */
export const sessionsBecome = (
  network: () => Promise<z.infer<typeof networkSchema>>,
  sessions: Readonly<Record<string, number>>,
) =>
  waitFor(`the sessions ${JSON.stringify(sessions)}`, async () => {
    const { nodes } = await network();
    const now = nodes.map(({ name, bgp: said }) => [
      name,
      said?.established === said?.sessions ? said?.established : -1,
    ]);
    return JSON.stringify(Object.fromEntries(now)) === JSON.stringify(sessions);
  });
