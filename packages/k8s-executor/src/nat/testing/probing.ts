// Runs the TCP probe beside a test, in a name space of its own.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const program = fileURLToPath(new URL("./tcp-probe.ts", import.meta.url));
export const probeCommand = (...args: readonly string[]): readonly string[] => [
  process.execPath,
  "--disable-warning=ExperimentalWarning",
  program,
  ...args,
];

const reportSchema = z.object({
  attempts: z.array(z.object({ at: z.number(), ok: z.boolean() })),
  seen: z.array(z.string()),
  longestMs: z.number(),
  broken: z.string(),
  echoes: z.number(),
});
export interface Probed extends z.infer<typeof reportSchema> {
  /** From the begin of the first attempt that failed to that of the first one after the last that failed, in ms. */
  readonly outageMs: number;
}

/** A probe that runs: `end` asks for what it saw. */
export interface Probing {
  end(): Promise<Probed>;
}

/** Waits until the probe has its first answer; for a server, until it listens. */
export async function probing(child: ChildProcess): Promise<Probing> {
  if (child.stdout === null) throw new Error("the probe has no output");
  const lines = createInterface(child.stdout);
  const said: string[] = [];
  lines.on("line", (line) => said.push(line));
  await once(lines, "line");
  return {
    async end() {
      child.stdin?.end();
      await once(child, "close");
      const report = reportSchema.parse(JSON.parse(said.at(-1) ?? ""));
      const failed = report.attempts.filter(({ ok }) => !ok);
      const [first, last] = [failed[0], failed.at(-1)];
      const after = report.attempts.find(({ at, ok }) => ok && last !== undefined && at > last.at);
      const outageMs = first === undefined ? 0 : (after?.at ?? Number.POSITIVE_INFINITY) - first.at;
      return { ...report, outageMs };
    },
  };
}
