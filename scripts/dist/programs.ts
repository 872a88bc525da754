// The executables that `pnpm dist` makes.

export interface Program {
  readonly name: string;
  /** Entry point, as a path from the top of the checkout. */
  readonly entry: string;
  /** Flags for the embedded Node. They bound its memory (see docs/decisions/executables.md). */
  readonly nodeOptions: readonly string[];
  /** True for a program that Mesos agents fetch. A compressed, self-extracting form of it is made in dist/exec. */
  readonly fetched: boolean;
  /** Programs of its threads: name of the executable's asset → entry point from the top of the checkout. */
  readonly threads?: Readonly<Record<string, string>>;
  /** True for a program that has the web pages in it. */
  readonly pages?: boolean;
}

const small = ["--max-semi-space-size=1", "--v8-pool-size=1"];
/** Streams go through it: with 1 MB their processor time is half as much again, and 2 MB cost less than 1 MB when idle. */
const streaming = ["--max-semi-space-size=2", "--v8-pool-size=1"];

/**
 * Collects garbage when the heap has grown by half, instead of several times. This is no limit, so a large heap does
 * not end the program. The young generation would grow to twice 64 MB otherwise, and not shrink while updates come. It begins
 * with 8 MB: with V8's 1 MB a start copies what it reads from the store several times (8 % of its processor time).
 */
const schedulerOptions = ["--heap-growing-percent=50", "--min-semi-space-size=8", "--max-semi-space-size=32"];

export const programs: readonly Program[] = [
  {
    name: "cke-scheduler",
    entry: "packages/scheduler/src/main.ts",
    nodeOptions: schedulerOptions,
    fetched: false,
    pages: true,
    threads: { "sqlite-thread": "packages/scheduler/src/store/sqlite/sqlite-thread.ts" },
  },
  { name: "cke-k8s-exec", entry: "packages/k8s-executor/src/main.ts", nodeOptions: streaming, fetched: true },
  { name: "cke-vm-exec", entry: "packages/vm-executor/src/main.ts", nodeOptions: small, fetched: true },
  { name: "cke-wrapper", entry: "packages/wrapper/src/main.ts", nodeOptions: small, fetched: false },
  { name: "cke-mesos-local", entry: "packages/mesos-local/src/main.ts", nodeOptions: [], fetched: false },
];

/** The flags of the embedded Node of a program, for whoever runs its sources as if they were the executable. */
export function nodeOptionsOf(name: string): readonly string[] {
  const program = programs.find((one) => one.name === name);
  if (program === undefined) throw new Error(`no program ${name}`);
  return program.nodeOptions;
}
