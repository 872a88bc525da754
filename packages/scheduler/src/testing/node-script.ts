// A shell script that runs a program of the tests, for an agent that fetches executors.

/** It has the compile cache of the tests, because an agent gives its executors an environment of their own. */
export function nodeScript(program: string, ...args: readonly string[]): string {
  const cache = process.env.NODE_COMPILE_CACHE ?? "";
  return `#!/bin/sh\nexport NODE_COMPILE_CACHE='${cache}'\nexec ${process.execPath} ${[program, ...args].join(" ")}\n`;
}
