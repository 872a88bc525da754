import { expect, test } from "vitest";
import type { ContainerInfo } from "../docker/engine.ts";
import { reasonOf, wholeMessage } from "../reports/node-failure.ts";
import { describeDeath } from "./container-death.ts";

const dead = (how: Partial<ContainerInfo>): ContainerInfo => ({
  id: "c",
  name: "n",
  labels: {},
  running: false,
  paused: false,
  exitCode: 0,
  outOfMemory: false,
  removing: false,
  error: "",
  ips: {},
  ...how,
});
const output = "the last line\n";

/** How it ended → code, words, and Mesos' reason of a node that ran. */
test.each<readonly [string, ContainerInfo | undefined, string, string, string | undefined]>([
  ["gone", undefined, "container_removed", "somebody removed the container: it was not CKE (docker rm)", undefined],
  [
    "docker rm -f, seen in the middle",
    dead({ exitCode: 137, removing: true }),
    "container_removed",
    "somebody removed the container: it was not CKE (docker rm)",
    undefined,
  ],
  [
    "docker rm -f of one in which something ran out of memory before",
    dead({ exitCode: 137, removing: true, outOfMemory: true }),
    "container_removed",
    "somebody removed the container: it was not CKE (docker rm)",
    undefined,
  ],
  [
    "docker stop",
    dead({ exitCode: 0 }),
    "container_stopped",
    "somebody stopped the container (exit code 0): docker stop, or the Docker engine or the host was shut down",
    undefined,
  ],
  [
    "docker stop, by the signal's own code",
    dead({ exitCode: 143 }),
    "container_stopped",
    "somebody stopped the container (signal TERM, exit code 143): docker stop, or the Docker engine or the host was shut down",
    undefined,
  ],
  [
    "docker kill",
    dead({ exitCode: 137 }),
    "container_killed",
    "somebody killed the container (signal KILL, exit code 137): docker kill, docker stop, or the kernel when the host had no memory left (see dmesg on the host)",
    undefined,
  ],
  [
    "out of memory as a whole",
    dead({ exitCode: 137, outOfMemory: true }),
    "container_out_of_memory",
    "the container ran out of its memory limit: raise the res of the node's processes, or find the one that takes more than it should",
    "REASON_CONTAINER_LIMITATION_MEMORY",
  ],
  [
    "a crash, in a container in which something ran out of memory",
    dead({ exitCode: 3, outOfMemory: true }),
    "container_exited",
    "the container's first program ended (exit code 3)",
    undefined,
  ],
  [
    "a crash of which Docker says why",
    dead({ exitCode: 127, error: "no such file" }),
    "container_exited",
    "the container's first program ended (exit code 127). Docker: no such file",
    undefined,
  ],
  [
    "a crash by a signal",
    dead({ exitCode: 139 }),
    "container_exited",
    "the container's first program ended (signal SEGV, exit code 139)",
    undefined,
  ],
])("%s", (_title, container, code, words, reason) => {
  const failure = describeDeath(container, "", true);
  expect([failure.code, failure.message, reasonOf(failure.code, true)]).toEqual([code, words, reason]);
  const talkative = describeDeath(container, output, true);
  expect([talkative.message, talkative.output]).toEqual([words, "the last line"]);
  expect(wholeMessage(talkative)).toBe(`${words}. Its last output:\nthe last line`);
});

test.each<readonly [ContainerInfo | undefined, string, string, string | undefined]>([
  [undefined, "container_removed", "somebody removed the container before the node was ready", undefined],
  [
    dead({ exitCode: 0 }),
    "container_exited",
    "the container's first program ended (exit code 0) before the node was ready",
    "REASON_CONTAINER_LAUNCH_FAILED",
  ],
  [
    dead({ exitCode: 3 }),
    "container_exited",
    "the container's first program ended (exit code 3) before the node was ready",
    "REASON_CONTAINER_LAUNCH_FAILED",
  ],
])("before the launch was over: %j", (container, code, headline, reason) => {
  const failure = describeDeath(container, "", false);
  expect([failure.code, failure.headline, reasonOf(failure.code, false)]).toEqual([code, headline, reason]);
});

test("only the end of a long output is kept, and Docker's words are cut", () => {
  const lines = `${"x".repeat(16_000)}\n`.repeat(20);
  const ended = dead({ exitCode: 1, error: "runc: ".repeat(50_000) });
  const message = wholeMessage(describeDeath(ended, `${lines}the last line\n`, true));
  expect(Buffer.byteLength(message)).toBeLessThan(3_200);
  expect(message).toMatch(/^the container's first program ended .*Docker: runc: .*bytes cut.*the last line$/s);
});
