// Reads what links, namespaces and bridges there are.
import * as z from "zod";
import type { Run } from "./command-runner.ts";
import { isCkeError } from "./failures.ts";
import { ip, ovs } from "./plan/command.ts";
import type { DockerNetwork } from "./plan/nic-address.ts";
import type { Present, PresentLink } from "./plan/shared-link.ts";

const linksSchema = z.array(
  z.object({
    ifname: z.string(),
    master: z.string().optional(),
    link: z.string().nullish(),
    flags: z.array(z.string()).default([]),
    linkinfo: z
      .object({
        info_kind: z.string().optional(),
        info_data: z.object({ multi_queue: z.boolean().optional() }).optional(),
      })
      .optional(),
  }),
);
const namespacesSchema = z.array(z.object({ name: z.string() }));

/** `withOvs`: Open vSwitch is asked, and must be there. */
export async function readPresent(
  run: Run,
  wanted: { readonly namespaces: readonly string[]; readonly withOvs: boolean },
  signal?: AbortSignal,
): Promise<Present> {
  const links = new Map([["", await readLinks(run, "", signal)]]);
  const named = await run({ argv: ["ip", "-j", "netns", "list"] }, signal);
  const there = new Set(namespacesSchema.parse(JSON.parse(named.trim() || "[]")).map(({ name }) => name));
  for (const namespace of new Set(wanted.namespaces))
    if (namespace !== "" && there.has(namespace)) links.set(namespace, await readLinks(run, namespace, signal));
  const rules = { links, ...(await readForward(run, signal)) };
  if (!wanted.withOvs) return { ...rules, ovsBridges: new Set(), ovsPorts: new Map() };
  const ovsBridges = words(await run(ovs("list-br"), signal));
  const ovsPorts = new Map<string, string>();
  for (const bridge of ovsBridges)
    for (const port of words(await run(ovs("list-ports", bridge), signal))) ovsPorts.set(port, bridge);
  return { ...rules, ovsBridges: new Set(ovsBridges), ovsPorts };
}

/** A host without iptables drops nothing that way. */
async function readForward(
  run: Run,
  signal: AbortSignal | undefined,
): Promise<Pick<Present, "forwardDrops" | "forwarded">> {
  try {
    const text = await run({ argv: ["iptables", "-w", "-S", "FORWARD"] }, signal);
    const forwarded = [...text.matchAll(/^-A FORWARD -i (\S+) .*--comment "cke \1"/gm)].map(
      ([, bridge = ""]) => bridge,
    );
    return { forwardDrops: /^-P FORWARD DROP$/m.test(text), forwarded: new Set(forwarded) };
  } catch (error) {
    if (isCkeError(error, "network_tool_missing", "network_failed"))
      return { forwardDrops: false, forwarded: new Set() };
    throw error;
  }
}

async function readLinks(
  run: Run,
  namespace: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, PresentLink>> {
  const text = await run(ip(namespace, "-j", "-d", "link", "show"), signal);
  return new Map(
    linksSchema.parse(JSON.parse(text)).map(({ ifname, master, link, flags, linkinfo }) => [
      ifname,
      {
        type: linkinfo?.info_kind ?? "",
        master: master ?? "",
        lower: link ?? "",
        multiQueue: linkinfo?.info_data?.multi_queue ?? false,
        carrier: flags.includes("LOWER_UP"),
      },
    ]),
  );
}

const words = (text: string): string[] => text.split("\n").filter((line) => line !== "");

const dockerSchema = z.array(
  z.object({
    Id: z.string(),
    Driver: z.string(),
    Options: z.record(z.string(), z.string()).nullish(),
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullish() }).nullish(),
  }),
);

/** Undefined when there is none of that name, or Docker is not there. */
export async function dockerNetwork(
  run: Run,
  network: string,
  signal?: AbortSignal,
): Promise<DockerNetwork | undefined> {
  let text: string;
  try {
    text = await run({ argv: ["docker", "network", "inspect", "--", network] }, signal);
  } catch (error) {
    if (isCkeError(error, "network_failed", "network_tool_missing")) return undefined;
    throw error;
  }
  const all = dockerSchema.parse(JSON.parse(text));
  // Docker allows several of one name.
  const found = all.find(({ Driver }) => Driver === "bridge") ?? all[0];
  if (found === undefined) return undefined;
  const bridge = found.Options?.["com.docker.network.bridge.name"] ?? `br-${found.Id.slice(0, 12)}`;
  return {
    driver: found.Driver,
    bridge: found.Driver === "bridge" ? bridge : "",
    subnets: (found.IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
  };
}
