// Why a container has ended: who or what ended it, and the last lines it wrote. Pure.
import { boundedText } from "@cke/foundation";
import type { ContainerInfo } from "../docker/engine.ts";
import { NodeFailure } from "../reports/node-failure.ts";

const maxOutputBytes = 2_000;
const maxErrorBytes = 1_000;

// Exit code of a shell or of Docker for a process that a signal ended: 128 + number.
const signals: Readonly<Record<number, string>> = {
  129: "HUP",
  130: "INT",
  131: "QUIT",
  134: "ABRT",
  137: "KILL",
  139: "SEGV",
  143: "TERM",
};

interface Death {
  readonly code: string;
  readonly headline: string;
  readonly advice: string;
}

function deathOf(container: ContainerInfo | undefined, launched: boolean): Death {
  if (container === undefined || container.removing) {
    const advice = "it was not CKE (docker rm)";
    return { code: "container_removed", headline: "somebody removed the container", advice };
  }
  const { exitCode, outOfMemory } = container;
  const signal = signals[exitCode];
  const how = signal === undefined ? `exit code ${exitCode}` : `signal ${signal}, exit code ${exitCode}`;
  // Docker says "out of memory" when any process of the container was ended for it. The container ends only when it was the first
  // process.
  if (outOfMemory && signal === "KILL") {
    const advice = "raise the res of the node's processes, or find the one that takes more than it should";
    return { code: "container_out_of_memory", headline: "the container ran out of its memory limit", advice };
  }
  if (signal === "KILL") {
    const advice = "docker kill, docker stop, or the kernel when the host had no memory left (see dmesg on the host)";
    return { code: "container_killed", headline: `somebody killed the container (${how})`, advice };
  }
  // The first program of a KubeNode ends with this code only when it is asked to. A program of another image may do it by itself.
  if ((exitCode === 0 && launched) || signal === "TERM" || signal === "INT") {
    const advice = "docker stop, or the Docker engine or the host was shut down";
    return { code: "container_stopped", headline: `somebody stopped the container (${how})`, advice };
  }
  return { code: "container_exited", headline: `the container's first program ended (${how})`, advice: "" };
}

/** `container` is undefined when it was removed. `launched`: the node was ready before. */
export function describeDeath(container: ContainerInfo | undefined, output: string, launched: boolean): NodeFailure {
  const { code, headline, advice } = deathOf(container, launched);
  const error = container?.error ?? "";
  return new NodeFailure(code, launched ? headline : `${headline} before the node was ready`, {
    advice,
    words: error === "" ? "" : `Docker: ${boundedText(error, { maxBytes: maxErrorBytes })}`,
    output: lastWords(output),
  });
}

/** The end of what a container wrote. */
export function lastWords(output: string): string {
  return boundedText(output.trim(), { maxBytes: maxOutputBytes, keep: "end" });
}
