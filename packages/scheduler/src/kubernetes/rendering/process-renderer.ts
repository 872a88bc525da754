// From the configuration of a process, and what was asked of it, to its message for the wrapper. Pure and deterministic.
import { createHash } from "node:crypto";
import { type ProbeInit, ProcessSpec } from "@cke/protocol";
import { type ResourceAmount, toMillis } from "../../workload/outline/unit-outline.ts";
import { mergeArguments } from "../configuration/arguments.ts";
import { nativeText } from "../configuration/computed-variables.ts";
import type { ProbeConfiguration, ProcessConfiguration } from "../configuration/configuration.ts";
import type { NodeProcess } from "./node-processes.ts";

export const mebibyte = 1024 * 1024;

export interface RenderedProcess {
  readonly name: string;
  readonly type: string;
  readonly res: ResourceAmount;
  /** As the configuration or the user wrote it, with its variables. */
  readonly cmd: string;
  /** Other processes of the node need it. */
  readonly required: boolean;
  readonly spec: ProcessSpec;
  readonly configHash: string;
  /** How often it was restarted by an operator. No part of the specification and of its hash. */
  readonly revision: number;
  /** It is not to run (`expect`). */
  readonly stopped: boolean;
  /** An operator has changed it since its node was rendered, so that what runs may follow something else. */
  readonly changed: boolean;
}

/** sha256, first 16 hex digits. */
export const hashOf = (parts: readonly Uint8Array[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(String(part.length)).update("\n").update(part);
  return hash.digest("hex").slice(0, 16);
};

export const processHash = (spec: ProcessSpec) => hashOf([ProcessSpec.encode(spec)]);

function renderProbe(probe: ProbeConfiguration, expand: (text: string) => string): ProbeInit {
  const { check, ...times } = probe;
  const base = { ...times, name: probe.name, phase: probe.phase };
  switch (check.kind) {
    case "tcp":
      return { ...base, check: { kind: "tcp", value: { address: expand(check.address) } } };
    case "exec":
      return {
        ...base,
        check: { kind: "exec", value: { command: check.command.map(expand), description: check.description } },
      };
    case "http":
      return {
        ...base,
        check: {
          kind: "http",
          value: {
            url: expand(check.url),
            caFile: expand(check.ca),
            certificateFile: expand(check.cert),
            keyFile: expand(check.key),
            bearerFile: expand(check.bearerFile),
            insecure: check.insecure,
            unixSocket: expand(check.unixSocket),
            expectBody: check.expectBody,
            expectStatus: check.expectStatus,
          },
        },
      };
  }
}

/** `res` as the wrapper takes it. */
export const limitsOf = ({ cpu, mem }: ResourceAmount, cfsQuota: boolean) => ({
  cpuMillis: toMillis(cpu),
  memoryBytes: Math.round(mem * mebibyte),
  cfsQuota,
});

/** The program itself has no quota: it has its weight, and the container's quota bounds all of it. */
function workloadOf({ workload }: ProcessConfiguration) {
  if (workload === undefined) return {};
  return { workloadCgroup: workload.cgroup, overhead: limitsOf(workload.overhead, false) };
}

/** `expand`: puts the values of variables into a text. */
export function renderProcess(
  process: NodeProcess,
  expand: (text: string) => string,
  cfsQuota: boolean,
): RenderedProcess {
  const { conf, asked } = process;
  const value = (kind: "argument" | "environment", key: string, text: string) =>
    expand(text === "$native" ? (nativeText(kind, key) ?? "") : text);
  const args = conf.args.map(({ key, value: text }) => ({
    key: expand(key),
    value: text === undefined ? undefined : value("argument", key, text),
  }));
  const environment = new Map(conf.envs.map(({ key, value: text }) => [key, value("environment", key, text)]));
  for (const { key, value: text } of asked?.envs ?? []) environment.set(key, text);
  const [command = "", ...fixed] = (asked?.cmd ? asked.cmd : expand(conf.cmd)).split(/\s+/);
  const spec = ProcessSpec.create({
    name: process.name,
    type: process.type,
    command: [command, ...fixed, ...mergeArguments(args, asked?.options ?? [])],
    environment: [...environment].map(([name, text]) => ({ name, value: text })),
    resources: limitsOf(process.res, cfsQuota),
    ...workloadOf(conf),
    startWhen: conf.startWhen.map((probe) => renderProbe(probe, expand)),
    health: conf.health.map((probe) => renderProbe(probe, expand)),
    restart: { mode: conf.restart },
    oneShot: conf.oneShot,
    keepDescendants: conf.keepDescendants,
    stopSignal: conf.stopSignal,
    stopGraceMs: Math.round(conf.stopGraceSeconds * 1000),
    phase: conf.phase,
  });
  return {
    name: process.name,
    type: process.type,
    res: process.res,
    cmd: asked?.cmd ? asked.cmd : conf.cmd,
    required: conf.required,
    spec,
    configHash: processHash(spec),
    revision: 0,
    stopped: asked?.expect === "STOP",
    changed: false,
  };
}
