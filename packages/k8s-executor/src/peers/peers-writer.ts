// Writes the nodes of the cluster into a running node, through its wrapper: a file for the image's scripts, the hosts file, the
// routes or the configuration of the daemon that finds them, and the masters behind the node's balancer. Doing it twice changes
// nothing, so it may be tried again after any failure.
import { boundedText, CkeError, messageOf } from "@cke/foundation";
import type { ApiBalancer } from "@cke/protocol";
import { BirdControl } from "../bird/bird-control.ts";
import { writeNat } from "../nat/nat-control.ts";
import { WrapperError } from "../streams/wrapper-error.ts";
import type { BalancerSetting, CommandResult, WrapperClient } from "../wrapper/wrapper-client.ts";
import { balancerSetting } from "./api-balancer.ts";
import { hostsWith } from "./hosts-file.ts";
import { apiAddressOf, nodeBgp, nodeNat } from "./node-bgp.ts";
import { listRoutes, readRoutes, routeCommands } from "./peer-routes.ts";
import { type Peers, peersFile } from "./peers.ts";

export type PeersWrapper = Pick<WrapperClient, "putFile" | "run" | "setBalancer">;

/** Where the image's scripts look. */
export const peersPath = "/run/cke/peers";
const hostsPath = "/etc/hosts";
const maxWordsBytes = 500;

// Docker mounts the hosts file into the container, so it cannot be replaced by another file. It is written over in place and cut
// to its new length afterwards: a program that reads it meanwhile never finds it empty.
const writeHosts = `cat 1<>${hostsPath} && truncate -s "$1" ${hostsPath}`;

// In a new container, whose hosts file and routes nobody has changed, one command does both: each costs the node some processes. The
// lines come first, so the file only grows; the shell writes over it in place for the same reason.
const writeFirst = `if [ -n "$1" ]; then hosts=$1$(cat ${hostsPath}) && printf '%s\\n' "$hosts" 1<>${hostsPath}; fi; hosts=$?
ip -force -batch - && exit $hosts`;
/** Longest argument that the kernel takes is 128 KiB. */
const longestLines = 64 * 1024;

const encoder = new TextEncoder();

export interface PeersOptions {
  /** Absent for a node that has none. */
  readonly balancer?: ApiBalancer | undefined;
  /** The container is new, and nothing was written into it before. */
  readonly fresh?: boolean;
  /** Of the node, where it lives longer than this writing. */
  readonly bird?: BirdControl;
  /** Of a gateway: the router of its uplink's Docker network; absent: it has none. */
  readonly way?: string | undefined;
}

/** Throws CkeError `peers_failed` in an operator's words. */
export async function writePeers(
  wrapper: PeersWrapper,
  peers: Peers,
  ownName: string,
  { balancer, fresh = false, bird = new BirdControl(), way = "" }: PeersOptions = {},
): Promise<void> {
  const lines = hostsWith("", peers, ownName);
  const text = nodeBgp(peers, ownName);
  const nat = nodeNat(peers, ownName, way);
  // Routes are the daemon's then, and none are CKE's.
  const routed = text === undefined ? peers : { ...peers, peers: [] };
  const results = await Promise.allSettled([
    wrapper.putFile({ path: peersPath, mode: 0o644, content: encoder.encode(peersFile(peers)) }),
    ...(fresh && lines.length <= longestLines
      ? [writeNew(wrapper, lines, routeCommands([], routed, ownName))]
      : [updateHosts(wrapper, peers, ownName), updateRoutes(wrapper, routed, ownName)]),
    ...(text === undefined ? [] : [bird.configure(wrapper, text)]),
    ...(nat === undefined ? [] : [writeNat(wrapper, nat)]),
    setApiAddress(wrapper, peers, ownName),
    updateBalancer(wrapper, balancer && balancerSetting(peers, balancer, ownName)),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function writeNew(wrapper: PeersWrapper, lines: string, routes: readonly string[]): Promise<void> {
  if (lines === "" && routes.length === 0) return;
  const command = ["/bin/sh", "-c", writeFirst, "sh", lines];
  const stdin = encoder.encode(routes.map((line) => `${line}\n`).join(""));
  checked(
    "its hosts file and its routes to the pods of other nodes cannot be set",
    await wrapper.run({ command, stdin }),
  );
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

/** A master has the API server's address too, and answers for it: packets that routers lead here are its own. */
async function setApiAddress(wrapper: PeersWrapper, peers: Peers, ownName: string): Promise<void> {
  const own = peers.peers.find(({ name }) => name === ownName);
  const address = own === undefined ? "" : apiAddressOf(peers, own);
  if (address === "") return;
  const command = ["ip", "-4", "address", "replace", `${address}/32`, "dev", "lo"];
  checked(`the API server's address ${address} cannot be set`, await wrapper.run({ command }));
}

async function updateBalancer(wrapper: PeersWrapper, setting: BalancerSetting | undefined): Promise<void> {
  if (setting === undefined) return;
  try {
    await wrapper.setBalancer(setting);
  } catch (error) {
    const earlier = error instanceof WrapperError && error.kind === "unimplemented";
    const remedy = earlier ? "; the image is of an earlier version of CKE: build it anew" : "";
    const words = `its balancer for the API servers at ${setting.listen} cannot be set: ${messageOf(error)}${remedy}`;
    throw new CkeError("peers_failed", words, { retryable: true, cause: error });
  }
}

/** What it printed. Throws CkeError when it failed. */
function checked(what: string, { code, stdout, stderr }: CommandResult): string {
  if (code === 0) return stdout;
  const words = boundedText(stderr.trim(), { maxBytes: maxWordsBytes });
  throw new CkeError("peers_failed", `${what}: ${words === "" ? `exit code ${code}` : words}`, { retryable: true });
}
