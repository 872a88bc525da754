// Runs the commands of plans.
import { execFile } from "node:child_process";
import { boundedText } from "@cke/foundation/bounded-text";
import { CkeError, messageOf } from "@cke/foundation/cke-error";
import type { Command } from "./plan/command.ts";

/** The output of a command. Throws CkeError with what it said; the signal ends it. */
export type Run = (command: Command, signal?: AbortSignal) => Promise<string>;

/** Debian packages of programs that may be missing. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  "ovs-vsctl": "openvswitch-switch",
  "ovs-ofctl": "openvswitch-switch",
  iptables: "iptables",
  docker: "docker.io",
};

const outputMost = 16 * 1024 * 1024;
/** Longer than any of them takes on a busy host; they wait for nothing but the kernel and the database of Open vSwitch. */
const runMs = 120_000;

/** `prefix`: runs every command in another place (`nsenter --net=…`). */
export function commandRunner(prefix: readonly string[] = [], environment: NodeJS.ProcessEnv = process.env): Run {
  return ({ argv, input }, signal) =>
    new Promise((resolve, reject) => {
      const [program = "", ...args] = [...prefix, ...argv];
      const options = { timeout: runMs, maxBuffer: outputMost, env: environment, ...(signal ? { signal } : {}) };
      const child = execFile(program, args, options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        reject(signal?.aborted ? signal.reason : failureOf(argv, stderr, error));
      });
      child.stdin?.on("error", () => {}); // it may end without having read
      child.stdin?.end(input ?? "");
    });
}

function failureOf(argv: Command["argv"], stderr: string, error: Error & { code?: unknown }): CkeError {
  const [program] = argv;
  const missing = error.code === "ENOENT" || /failed to execute|No such file or directory$/.test(stderr.trim());
  if (missing && packages[program] !== undefined && (error.code === "ENOENT" || stderr.includes(program)))
    return new CkeError(
      program.startsWith("ovs") ? "ovs_missing" : "network_tool_missing",
      `this host has no ${program}: install Debian's ${packages[program]}`,
    );
  if (program.startsWith("ovs") && /database connection failed|is not a bridge or a socket/.test(stderr))
    return new CkeError(
      "ovs_missing",
      `Open vSwitch does not run on this host: start openvswitch-switch (${stderr.trim()})`,
    );
  const words = boundedText(stderr.trim() || messageOf(error), { maxBytes: 1_000 });
  return new CkeError("network_failed", `${argv.join(" ")}: ${words}`, { cause: error });
}
