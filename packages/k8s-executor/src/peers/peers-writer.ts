// Writes the nodes of the cluster into a running node, through its wrapper: a file for the image's scripts, the hosts file and
// the routes. Doing it twice changes nothing, so it may be tried again after any failure.
import { boundedText, CkeError } from "@cke/foundation";
import type { CommandResult, WrapperClient } from "../wrapper/wrapper-client.ts";
import { hostsWith } from "./hosts-file.ts";
import { listRoutes, readRoutes, routeCommands } from "./peer-routes.ts";
import { type Peers, peersFile } from "./peers.ts";

export type PeersWrapper = Pick<WrapperClient, "putFile" | "run">;

/** Where the image's scripts look. */
export const peersPath = "/run/cke/peers";
const hostsPath = "/etc/hosts";
const maxWordsBytes = 500;

// Docker mounts the hosts file into the container, so it cannot be replaced by another file. It is written over in place and cut
// to its new length afterwards: a program that reads it meanwhile never finds it empty.
const writeHosts = `cat 1<>${hostsPath} && truncate -s "$1" ${hostsPath}`;

const encoder = new TextEncoder();

/** Throws CkeError `peers_failed` in an operator's words. */
export async function writePeers(wrapper: PeersWrapper, peers: Peers, ownName: string): Promise<void> {
  await wrapper.putFile({ path: peersPath, mode: 0o644, content: encoder.encode(peersFile(peers)) });
  const results = await Promise.allSettled([
    updateHosts(wrapper, peers, ownName),
    updateRoutes(wrapper, peers, ownName),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function updateHosts(wrapper: PeersWrapper, peers: Peers, ownName: string): Promise<void> {
  const what = `${hostsPath} cannot be read`;
  const before = checked(what, await wrapper.run({ command: ["cat", hostsPath] }));
  const after = hostsWith(before, peers, ownName);
  if (after === before) return;
  const stdin = encoder.encode(after);
  const command = ["/bin/sh", "-c", writeHosts, "sh", String(stdin.length)];
  checked(`${hostsPath} cannot be written`, await wrapper.run({ command, stdin }));
}

async function updateRoutes(wrapper: PeersWrapper, peers: Peers, ownName: string): Promise<void> {
  const output = checked("its routes cannot be listed", await wrapper.run({ command: listRoutes }));
  const lines = routeCommands(readRoutes(output), peers, ownName);
  if (lines.length === 0) return;
  // One route that is refused (an address that is not reachable directly) must not keep the others away.
  const command = ["ip", "-force", "-batch", "-"];
  const stdin = encoder.encode(lines.map((line) => `${line}\n`).join(""));
  checked("its routes to the pods of other nodes cannot be set", await wrapper.run({ command, stdin }));
}

/** What it printed. Throws CkeError when it failed. */
function checked(what: string, { code, stdout, stderr }: CommandResult): string {
  if (code === 0) return stdout;
  const words = boundedText(stderr.trim(), { maxBytes: maxWordsBytes });
  throw new CkeError("peers_failed", `${what}: ${words === "" ? `exit code ${code}` : words}`, { retryable: true });
}
