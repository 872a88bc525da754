import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Five projects: `unit` lives beside the code and touches nothing outside the process (test/pure-unit-tests.ts sees to that),
// under 60 s of processor time for all; `integration` uses real parts (Docker engine, processes, sockets, files);
// `simulation` runs seeded faults on a virtual clock; `soak` runs many cases of what the others try a few of; `e2e` brings up
// real Kubernetes clusters and runs one file at a time. A wait for a condition (expect.poll) ends late in all of them: the
// machine may be busy.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts", "**/*.simulation.test.ts", "**/node_modules/**"],
          // No test of this project waits for anything outside of it: the longest take 4 s, and 20 s where the machine is starved.
          testTimeout: 90_000,
          expect: { poll: { timeout: 15_000 } },
          // Pure tests leave nothing behind in their process: loading the code once for all files, instead of once for each,
          // takes two thirds of the processor time away. A test of this project must undo what it changes in globals.
          isolate: false,
          setupFiles: ["test/pure-unit-tests.ts"],
        },
      },
      {
        test: {
          name: "integration",
          include: [
            "packages/*/src/**/*.integration.test.ts",
            "scripts/**/*.integration.test.ts",
            "test/integration/**/*.test.ts",
          ],
          testTimeout: 600_000,
          expect: { poll: { timeout: 120_000 } },
          hookTimeout: 600_000,
          pool: "forks",
          // The files wait for servers, leases and processes most of the time, so two run at once on two cores. Each has ports,
          // directories, containers and cgroups of its own.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 1 }, // after the unit tests
          // Programs that tests start again and again compile their code once. A test that gives a program an environment of its
          // own passes this variable on.
          env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/cke-tests", import.meta.url)) },
        },
      },
      {
        test: {
          name: "simulation",
          include: ["packages/*/src/**/*.simulation.test.ts"],
          // Processor time only: the longest take 30 s, and some minutes where the machine is starved.
          testTimeout: 600_000,
          expect: { poll: { timeout: 60_000 } },
          pool: "forks",
          // One for each processor: by default one of them stays idle, which is half of two.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 2 }, // projects with other numbers of workers do not run at the same time
        },
      },
      {
        test: {
          name: "soak",
          include: ["test/soak/**/*.soak.ts"],
          testTimeout: 3_600_000,
          expect: { poll: { timeout: 60_000 } },
          pool: "forks",
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          // Last of all ends: the waits within have their own, which last longer on a busy machine.
          testTimeout: 3_600_000,
          expect: { poll: { timeout: 300_000 } },
          hookTimeout: 3_600_000,
          pool: "forks",
          fileParallelism: false,
        },
      },
    ],
  },
});
