// Network namespaces of containers and pods on this machine: programs of a test run there, and their links are cut.
import { type ChildProcess, spawn } from "node:child_process";
import { command } from "../../../scripts/up/progress/stage.ts";
import { waitFor } from "../wait-for.ts";

const pidOf = async (container: string) =>
  (await command("docker", ["inspect", "--format", "{{.State.Pid}}", container])).trim();

/** The path of a container's network namespace. */
export const containerNamespace = async (container: string) => `/proc/${await pidOf(container)}/ns/net`;

/** The path of the network namespace of a pod with this address, in a node's container. */
export async function podNamespace(container: string, address: string): Promise<string> {
  const root = `/proc/${await pidOf(container)}/root/run/netns`;
  return waitFor(`a network namespace with ${address}`, async () => {
    const names = (await command("ls", [root])).split("\n").filter(Boolean);
    for (const name of names) {
      const said = await command("nsenter", [`--net=${root}/${name}`, "ip", "-4", "-o", "addr", "show", "eth0"]).catch(
        () => "",
      );
      if (said.includes(` ${address}/`)) return `${root}/${name}`;
    }
    return undefined;
  });
}

/** A program in a network namespace; it dies with the test. */
export const inNamespace = (path: string, ...argv: readonly string[]): ChildProcess =>
  spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", `--net=${path}`, ...argv], {
    stdio: ["pipe", "pipe", "inherit"],
  });

/** Cuts all links of a container without a word to it, or mends them. */
export async function cutContainer(container: string, silent: boolean): Promise<void> {
  const indexes = (await command("docker", ["exec", container, "sh", "-c", "cat /sys/class/net/eth*/iflink"])).split(
    "\n",
  );
  const links = (await command("ip", ["-o", "link"])).split("\n");
  for (const index of indexes.filter(Boolean)) {
    const [, device] =
      links
        .map((line) => /^(\d+): ([^:@]+)/.exec(line))
        .find((found) => found?.[1] === index)
        ?.slice(1) ?? [];
    if (device === undefined) throw new Error(`no link ${index} of ${container} on this machine`);
    await command("bridge", ["link", "set", "dev", device, "state", silent ? "0" : "3"]);
  }
}
