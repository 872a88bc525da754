// `cke.conf-<version>.yaml` as a value: what runs in which type of KubeNode, with which flags, files and probes.
// Text in it may hold $NAME or ${NAME}; values of args may be $native (the scheduler computes them).

import type { NodeType } from "@cke/protocol";

export interface ProbeConfiguration {
  readonly name: string;
  /** Bring-up phase that this probe completes; "": the process's own. */
  readonly phase: string;
  readonly check:
    | {
        readonly kind: "http";
        readonly url: string;
        readonly ca: string;
        readonly cert: string;
        readonly key: string;
        readonly insecure: boolean;
        readonly unixSocket: string;
        readonly bearerFile: string;
        readonly expectBody: string;
        readonly expectStatus: readonly number[];
      }
    | { readonly kind: "tcp"; readonly address: string }
    | {
        readonly kind: "exec";
        readonly command: readonly string[];
        /** What it means when the command fails, in an operator's words; "": the last line that it printed. */
        readonly description: string;
      };
  readonly periodMs: number;
  readonly startupPeriodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export interface ArgumentConfiguration {
  readonly key: string;
  /** Absent: a bare argument. */
  readonly value?: string | undefined;
  /** False: a user's options may not override it. */
  readonly modify: boolean;
}

export interface EnvironmentConfiguration {
  readonly key: string;
  readonly value: string;
  readonly modify: boolean;
}

export interface ProcessConfiguration {
  readonly type: string;
  readonly name: string;
  readonly phase: string;
  /** Added to a node's process list when the user leaves it out. */
  readonly required: boolean;
  readonly oneShot: boolean;
  /** What the process leaves behind when it ends or crashes (container shims) goes on. */
  readonly keepDescendants: boolean;
  /** CPUs and MiB. */
  readonly res: { readonly cpu: number; readonly mem: number };
  /**
   * Of a program that runs something for others (pods, containers) in a cgroup beside its own: `res` is what that may take,
   * and `overhead`, which the node's task holds, what the program itself may.
   */
  readonly workload?:
    | { readonly cgroup: string; readonly overhead: { readonly cpu: number; readonly mem: number } }
    | undefined;
  readonly cmd: string;
  readonly args: readonly ArgumentConfiguration[];
  readonly envs: readonly EnvironmentConfiguration[];
  readonly stopSignal: string;
  readonly stopGraceSeconds: number;
  readonly restart: "always" | "on-failure" | "never";
  readonly startWhen: readonly ProbeConfiguration[];
  /** Beside `startWhen`, in a master that joins a cluster that runs already. */
  readonly joinWhen: readonly ProbeConfiguration[];
  readonly health: readonly ProbeConfiguration[];
}

export interface NodeConfiguration {
  readonly imageName: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly files: readonly { readonly path: string; readonly mode: number; readonly content: string }[];
  readonly secrets: readonly { readonly name: string; readonly path: string }[];
  readonly volumes: readonly { readonly name: string; readonly path: string }[];
  readonly tmpfs: readonly string[];
  /** In the order of the file. */
  readonly processes: readonly ProcessConfiguration[];
}

export interface ClusterConfiguration {
  /** As in the file name. */
  readonly version: string;
  /** `v1.36.3` */
  readonly kubernetes: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Names of the bring-up phases by type of node, in order. */
  readonly phases: Readonly<Record<NodeType, readonly string[]>>;
  readonly nodes: Readonly<Record<NodeType, NodeConfiguration>>;
  /** Source of a place in the file for messages, e.g. `cke.conf-1.36.yaml:12`, by path like `NodeConfs.master.…`. */
  readonly placeOf: (path: readonly (string | number)[]) => string;
}
