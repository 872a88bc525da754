// What a terminal is asked for, and in which nodes of the cluster it may be opened. Pure.
import { z } from "zod";

/** A name of Kubernetes, RFC 1123. */
const name = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    "small letters, digits, - and ., beginning and ending with a letter or digit",
  );
const sizeWords = "a whole number from 1 to 1000";
/** Rows or columns of a terminal, as a number or, in a query, as its text. */
export const terminalSize = z
  .union([z.number(), z.string().regex(/^\d+$/, sizeWords).transform(Number)], sizeWords)
  .pipe(z.int(sizeWords).min(1, sizeWords).max(1_000, sizeWords));

/** The query of the page and of its WebSocket. */
export const consoleQuery = z
  .strictObject({
    pod: name.optional().describe("a shell in a container of this pod"),
    container: name.optional().describe("of the pod; default: its first"),
    namespace: name.optional().describe("of the pod; default: default"),
    attach: z.enum(["true", "false"]).optional().describe("true: the container's own process, in place of a shell"),
    node: z.string().min(1).max(253).optional().describe("a shell in this KubeNode"),
    rows: terminalSize.default(24).describe("of the terminal"),
    columns: terminalSize.default(80).describe("of the terminal"),
  })
  .refine(({ pod, node }) => pod === undefined || node === undefined, {
    path: ["node"],
    message: "cannot stand beside pod: a terminal is in one of them",
  })
  .refine(({ pod, container, attach }) => pod !== undefined || (container === undefined && attach === undefined), {
    path: ["pod"],
    message: "is missing: container and attach are of a pod",
  });
export type ConsoleQuery = z.infer<typeof consoleQuery>;

/** What is known of a node when a terminal is to be opened. */
export interface ConsoleNode {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly processes: readonly { readonly type: string; readonly status: string }[];
}

/**
 * The nodes to try, the best one first: the node that was asked for; otherwise consoles that run, then masters that run, those
 * with an API server that runs before the others.
 */
export function consoleNodes({ node }: Pick<ConsoleQuery, "node">, nodes: readonly ConsoleNode[]): readonly string[] {
  if (node !== undefined) return [node];
  const rank = (candidate: ConsoleNode): number => {
    if (candidate.status !== "running") return 3;
    if (candidate.type === "console") return 0;
    if (candidate.type !== "master") return 3;
    const serves = candidate.processes.some(({ type, status }) => type === "apiserver" && status === "running");
    return serves ? 1 : 2;
  };
  return nodes
    .filter((candidate) => rank(candidate) < 3)
    .toSorted((one, other) => rank(one) - rank(other))
    .map((candidate) => candidate.name);
}

/** For people: what the terminal shows. */
export function consoleTitle({ pod, container, namespace = "default", node, attach }: ConsoleQuery): string {
  if (node !== undefined) return `node ${node}`;
  if (pod === undefined) return "kubectl";
  const where = `${container === undefined ? "" : `container ${container} of `}pod ${namespace}/${pod}`;
  return attach === "true" ? `process of ${where}` : where;
}
