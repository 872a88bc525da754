// Why a container is dead, in words: exit code, memory, Docker's error and the last lines it wrote. Pure.
import type { ContainerInfo } from "./engine.ts";

const maxOutput = 2_000;

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

/** `container` is undefined when it was removed behind the executor's back. */
export function describeDeath(container: ContainerInfo | undefined, output: string): string {
  if (container === undefined) return "the container was removed by somebody else";
  const signal = signals[container.exitCode];
  const how = container.outOfMemory
    ? "the container ran out of its memory limit"
    : signal === undefined
      ? `the container exited with code ${container.exitCode}`
      : `the container was ended by signal ${signal} (exit code ${container.exitCode})`;
  const error = container.error === "" ? "" : `. Docker: ${container.error}`;
  const text = output.trim();
  const tail = text.length > maxOutput ? `…${text.slice(-maxOutput)}` : text;
  return `${how}${error}${tail === "" ? "" : `. Its last output:\n${tail}`}`;
}
