// Every effect of an agent on the world outside its memory (files, processes, what it says) as a point at which a test can
// kill it: just before it, just after it, or half-way through. Works on Node's own modules, inside the agent's process, so
// that no effect can be forgotten. Points have names such as `write e1/run.json` or `event LAUNCH t1 #2`.
import childProcess, { type ChildProcess } from "node:child_process";
import { appendFileSync, readdirSync, rmSync } from "node:fs";
import fs from "node:fs/promises";
import { ServerResponse } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import * as z from "zod";

export const crashPlanSchema = z.object({
  /** Gets the name of every point that is reached, one a line. */
  trace: z.string(),
  /** Where to die, and when: `amid` is for removals, of which everything but the record is done. */
  at: z.exactOptional(z.object({ when: z.enum(["before", "amid", "after"]), point: z.string() })),
});
export type CrashPlan = z.output<typeof crashPlanSchema>;
export type CrashMoment = NonNullable<CrashPlan["at"]>;

/** Makes this process die as planned. */
export function installCrashPoints({ trace, at }: CrashPlan): void {
  const counts = new Map<string, number>();
  /** Passes a point by; the answer is called when the effect is there. */
  const pass = (name: string): (() => void) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const point = count === 1 ? name : `${name} #${count}`;
    appendFileSync(trace, `${point}\n`);
    dieAt("before", point);
    return () => dieAt("after", point);
  };
  const dieAt = (when: CrashMoment["when"], point: string) => {
    if (at?.when === when && at.point === point) kill(process.pid, "SIGKILL");
  };

  const { open, rename, rm, unlink } = fs;
  const { spawn } = childProcess;
  const { kill } = process;
  Object.assign(fs, {
    rename: async (from: string, to: string) => {
      const name = shortName(to);
      const done = name === undefined ? () => {} : pass(`write ${name}`);
      await rename(from, to);
      done();
    },
    open: async (path: string, ...rest: unknown[]) => {
      const name = path.endsWith(".jsonl") ? shortName(path) : undefined;
      const done = name === undefined ? () => {} : pass(`append ${name}`);
      const handle = await Reflect.apply(open, fs, [path, ...rest]);
      const { sync } = handle;
      return Object.assign(handle, { sync: () => sync.call(handle).then(done) });
    },
    unlink: async (path: string) => {
      const name = shortName(path);
      const done = name === undefined ? () => {} : pass(`unlink ${name}`);
      await unlink(path);
      done();
    },
    rm: async (path: string, ...rest: unknown[]) => {
      const name = shortName(path);
      const done = name === undefined ? () => {} : pass(`remove ${name}`);
      if (at?.when === "amid" && name !== undefined && at.point === `remove ${name}`) {
        removeHalf(path);
        dieAt("amid", at.point);
      }
      await Reflect.apply(rm, fs, [path, ...rest]);
      done();
    },
  });
  Object.assign(childProcess, {
    spawn: (...call: unknown[]) => {
      const options = z.object({ cwd: z.string().optional() }).safeParse(call[2]).data;
      const name = shortName(options?.cwd ?? "") ?? "?";
      const started = pass(`start ${name}`);
      const child: ChildProcess = Reflect.apply(spawn, childProcess, call);
      started();
      const { stdin } = child;
      if (stdin !== null) {
        const { end } = stdin;
        Object.assign(stdin, {
          end: (...rest: unknown[]) => {
            const released = pass(`release ${name}`);
            Reflect.apply(end, stdin, rest);
            released();
          },
        });
      }
      return child;
    },
  });
  syncBuiltinESMExports();
  const { write } = ServerResponse.prototype;
  Object.assign(ServerResponse.prototype, {
    write(this: ServerResponse, ...call: unknown[]) {
      const said = eventName(String(call[0]));
      const done = said === undefined ? () => {} : pass(`event ${said}`);
      const result = Reflect.apply(write, this, call);
      done();
      return result;
    },
  });
  const { fetch } = globalThis;
  const reported = new Set<string>();
  globalThis.fetch = async (url, init) => {
    const fresh = reportNames(init?.body).filter((name) => !reported.has(name));
    for (const name of fresh) reported.add(name);
    const done = fresh.map((name) => pass(`report ${name}`));
    const response = await fetch(url, init);
    for (const call of done) call();
    return response;
  };
  const signalled = new Set<string>();
  process.kill = (pid, signal) => {
    // How many members a container has is a matter of chance, but not that there is one.
    const name = `signal ${String(signal)}`;
    const done = signalled.has(name) ? () => {} : pass(name);
    signalled.add(name);
    const result = kill.call(process, pid, signal);
    done();
    return result;
  };
}

/** `e1/tasks/t1/task.json` of a path in an agent's work directory; undefined of others and of temporary files. */
function shortName(path: string): string | undefined {
  const below = /\/frameworks\/[^/]+(?:\/executors)?(\/.+)?$/.exec(path);
  if (below === null || path.endsWith(".tmp")) return undefined;
  return (below[1] ?? "/framework").replaceAll(/\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+/g, "").slice(1);
}

/** Removes everything of a directory but its record. */
function removeHalf(directory: string): void {
  const names = readdirSync(directory).filter((name) => !name.endsWith(".json"));
  for (const name of names) rmSync(join(directory, name), { recursive: true });
}

const anyId = z.object({ value: z.string() });
const anyTask = z.object({ task_id: anyId });
const eventSchema = z.object({
  type: z.string(),
  launch: z.exactOptional(z.object({ task: anyTask })),
  launch_group: z.exactOptional(z.object({ task_group: z.object({ tasks: z.array(anyTask) }) })),
  acknowledged: z.exactOptional(anyTask),
});

/** `LAUNCH t1` of a RecordIO record with an event for an executor. */
function eventName(record: string): string | undefined {
  const event = eventSchema.safeParse(parsed(record.slice(record.indexOf("\n") + 1))).data;
  if (event === undefined) return undefined;
  const { launch, launch_group: group, acknowledged } = event;
  const tasks = [launch?.task, acknowledged, ...(group?.task_group.tasks ?? [])];
  return [event.type, ...tasks.flatMap((task) => (task === undefined ? [] : [task.task_id.value]))].join(" ");
}

const batchSchema = z.object({
  messages: z.array(
    z.object({
      type: z.string(),
      status: anyTask.extend({ state: z.string() }).or(z.number()).optional(),
      executor_id: anyId.optional(),
    }),
  ),
});

/** `TASK_RUNNING t1` for every status update in a request's body, `EXECUTOR_EXITED e1` for the end of an executor. */
function reportNames(body: unknown): string[] {
  const batch = batchSchema.safeParse(parsed(typeof body === "string" ? body : "")).data;
  return (batch?.messages ?? []).flatMap(({ type, status, executor_id }) => {
    if (typeof status === "object") return [`${status.state} ${status.task_id.value}`];
    return type === "EXECUTOR_EXITED" ? [`${type} ${executor_id?.value}`] : [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
