// The executables that `pnpm dist` makes.

export interface Program {
  readonly name: string;
  /** Entry point, from the top of the checkout. */
  readonly entry: string;
  /** Flags that the embedded Node takes: they bound memory (see docs/decisions/executables.md). */
  readonly nodeOptions: readonly string[];
  /** True when Mesos agents fetch it: then a compressed, self-extracting form is made in dist/exec as well. */
  readonly fetched: boolean;
  /** Code of threads that the program starts: the name of the executable's asset, and the entry point from the top. */
  readonly threads?: Readonly<Record<string, string>>;
}

const small = ["--max-semi-space-size=1", "--v8-pool-size=1"];

/** Garbage is collected when half of what lives has come on top, not when several times as much has: no bound, no death. */
const schedulerOptions = ["--heap-growing-percent=50"];

export const programs: readonly Program[] = [
  {
    name: "cke-scheduler",
    entry: "packages/scheduler/src/main.ts",
    nodeOptions: schedulerOptions,
    fetched: false,
    threads: { "sqlite-thread": "packages/scheduler/src/store/sqlite/sqlite-thread.ts" },
  },
  { name: "cke-k8s-exec", entry: "packages/k8s-executor/src/main.ts", nodeOptions: small, fetched: true },
  { name: "cke-vm-exec", entry: "packages/vm-executor/src/main.ts", nodeOptions: small, fetched: true },
  { name: "cke-wrapper", entry: "packages/wrapper/src/main.ts", nodeOptions: small, fetched: false },
  { name: "cke-mesos-local", entry: "packages/mesos-local/src/main.ts", nodeOptions: [], fetched: false },
];
