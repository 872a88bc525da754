// Processes as /proc shows them: which are alive, and which belong to a container. A process is named by pid, start time and
// boot id together, so that a reused pid is never taken for the process that had it before.
import { readdir, readFile } from "node:fs/promises";

export interface ProcessIdentity {
  readonly pid: number;
  /** A "NAME=value" that is in the environment of every process of the container and of no other, if there is one. */
  readonly mark?: string | undefined;
  /** Clock ticks between boot and start (/proc/<pid>/stat, field 22). */
  readonly startTime: number;
  readonly bootId: string;
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTime: number;
  /** True for a process that has ended and waits for its parent. */
  readonly zombie: boolean;
}

/** Parses /proc/<pid>/stat; the command may contain anything, so fields are counted from the last parenthesis. */
export function parseProcessStat(text: string): ProcessRow | undefined {
  const open = text.indexOf("(");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group, session] = fields;
  const startTime = fields[19];
  if (open < 0 || startTime === undefined) return undefined;
  return {
    pid: Number(text.slice(0, open)),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime: Number(startTime),
    zombie: state === "Z" || state === "X",
  };
}

/** The process with that pid, zombies included. */
export async function readProcess(pid: number): Promise<ProcessRow | undefined> {
  try {
    return parseProcessStat(await readFile(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

let bootId: string | undefined;

/** Differs after every boot of the machine. */
async function readBootId(): Promise<string> {
  bootId ??= (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  return bootId;
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const row = await readProcess(pid);
  return row === undefined ? undefined : { pid, startTime: row.startTime, bootId: await readBootId() };
}

/** True while exactly this process runs. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== (await readBootId())) return false;
  const row = await readProcess(identity.pid);
  return row !== undefined && row.startTime === identity.startTime && !row.zombie;
}

async function listProcesses(): Promise<ProcessRow[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(names.map((name) => readProcess(Number(name))));
  return rows.filter((row) => row !== undefined);
}

/**
 * Members of the container that `leader` (a session leader) started: its descendants, and every process of a
 * session or group that began in the container, so that daemons that left their parent are found too. Pure; zombies are left out.
 */
export function containerMembers(rows: readonly ProcessRow[], leader: ProcessIdentity): number[] {
  const own = rows.find((row) => row.pid === leader.pid);
  if (own !== undefined && own.startTime !== leader.startTime) return [];
  const inside = new Set([leader.pid]);
  const joins = (row: ProcessRow) => inside.has(row.parent) || inside.has(row.session) || inside.has(row.group);
  for (let before = -1; before !== inside.size; ) {
    before = inside.size;
    for (const row of rows) if (row.startTime >= leader.startTime && joins(row)) inside.add(row.pid);
  }
  return rows.filter((row) => inside.has(row.pid) && !row.zombie).map((row) => row.pid);
}

/** Pids of the container that `leader` started: its descendants, and by the mark those that detached from their parents. */
export async function listMembers(leader: ProcessIdentity): Promise<number[]> {
  if (leader.bootId !== (await readBootId())) return [];
  const rows = await listProcesses();
  const related = containerMembers(rows, leader);
  const { mark } = leader;
  if (mark === undefined) return related;
  const others = rows.filter(
    ({ pid, startTime, zombie }) => !zombie && startTime >= leader.startTime && !related.includes(pid),
  );
  const marked = others.map(async ({ pid }) => ((await hasMark(pid, mark)) ? [pid] : []));
  return [...related, ...(await Promise.all(marked)).flat()];
}

async function hasMark(pid: number, mark: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return environment.split("\0").includes(mark);
}

/** Members that run a program of their own: not the leader, nor its forks before they call exec. */
export async function listPrograms(leader: ProcessIdentity): Promise<{ alive: boolean; programs: readonly number[] }> {
  const members = await listMembers(leader);
  const own = await commandLineOf(leader.pid);
  const others = members.filter((pid) => pid !== leader.pid);
  const lines = await Promise.all(others.map(commandLineOf));
  return { alive: members.length > 0, programs: others.filter((_, index) => lines[index] !== own) };
}

const commandLineOf = (pid: number) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");

/** Sends `signal` to every member; returns how many got it. */
export async function signalContainer(leader: ProcessIdentity, signal: NodeJS.Signals): Promise<number> {
  return signalAll(await listMembers(leader), signal);
}

/** Sends `signal` to those that still live; returns how many got it. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): number {
  let sent = 0;
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
      sent += 1;
    } catch {
      // It ended in the meantime.
    }
  }
  return sent;
}
