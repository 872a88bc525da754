// Pieces of a configuration of BIRD 2 that nodes and gateways have in common. The options of sessions were chosen by
// measurements (docs/decisions/bgp-sessions.md). Pure.
import { createHash } from "node:crypto";
import { clusterSecret } from "@cke/protocol";
import * as z from "zod";

/** A BGP speaker on the other end of a session. */
export interface BgpSpeaker {
  /** Letters, digits, "-", "." and "_", at most 253; once in a configuration. */
  readonly name: string;
  readonly address: string;
  readonly asn: number;
  /** Name of the secret of TCP MD5 (bgp-secrets.ts); absent: its segments are not signed. */
  readonly secret?: string | undefined;
}

/** A node of the cluster, with what it may announce. */
export interface AnnouncingNode {
  readonly name: string;
  readonly address: string;
  /** Blocks of its pods, and single addresses that are its own. */
  readonly blocks: readonly string[];
}

/** Longest name that BIRD takes (SYM_MAX_LEN of its conf/conf.h). A longer one is a syntax error of the whole configuration. */
const longestSymbol = 64;
const hashLength = 16;

/** The name of a protocol; a long one ends in "_" and a hash. Throws RangeError for a name that BIRD cannot have. */
export function symbol(kind: string, name: string): string {
  if (!/^[A-Za-z0-9._-]{1,253}$/.test(name)) throw new RangeError(`"${name}" cannot be part of a protocol's name`);
  const full = `${kind}.${name}`;
  if (full.length <= longestSymbol) return `'${full}'`;
  const hash = createHash("sha256").update(full).digest("hex").slice(0, hashLength);
  return `'${full.slice(0, longestSymbol - hashLength - 1)}_${hash}'`;
}

/** The address itself. Throws RangeError for anything else, which could be read as further statements. */
export function address(text: string): string {
  if (!z.ipv4().safeParse(text).success) throw new RangeError(`"${text}" is no IPv4 address`);
  return text;
}

/** The range itself; throws RangeError likewise. */
export function range(text: string): string {
  if (!z.cidrv4().safeParse(text).success) throw new RangeError(`"${text}" is no IPv4 range`);
  return text;
}

/** The number of an autonomous system itself; throws RangeError likewise. */
export function systemNumber(asn: number): string {
  if (!Number.isInteger(asn) || asn < 1 || asn > 4_294_967_294)
    throw new RangeError(`${asn} is no number of an autonomous system`);
  return String(asn);
}

/** The line of a session that signs its segments; "" for one without a secret. Throws RangeError likewise. */
export function signed(secret: string | undefined): string {
  if (secret === undefined) return "";
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(secret)) throw new RangeError("a secret is named by letters, digits and _");
  return ` password ${secret};`;
}

/** Most routes that are taken from one neighbour, those that the filter refuses among them. */
export const mostRoutes = 10_000;

/** Of a channel. What a neighbour sends beyond it is ignored: the session stays, and so does what came before. */
export const limited = ` receive limit ${mostRoutes} action block;`;

export interface OwnSide {
  readonly address: string;
  readonly asn: number;
  /** Of a gateway in the network of its uplink. */
  readonly uplink?: string | undefined;
  /** File with the secrets of the sessions, by name. */
  readonly secretsFile: string;
}

/** Of sessions in the cluster. */
export const ofCluster = signed(clusterSecret);

/**
 * What every daemon has: its addresses, the kernel's routes, and the template `session`. `exported`: what is put into
 * the kernel, as a condition. `marked`: statements for such a route.
 */
export function commonPart(own: OwnSide, exported: string, marked = ""): string {
  if (!/^[A-Za-z0-9/._-]+$/.test(own.secretsFile)) throw new RangeError("the file of the secrets has another name");
  return `include "${own.secretsFile}";
router id ${address(own.address)};
log stderr all;
timeformat protocol iso long;
# A daemon that is started again (with -R) keeps what its last run left in the kernel until its neighbours have told all, or this long.
graceful restart wait 10;
protocol device { scan time 10; }
# Without the route of the node network no next hop can be resolved. That of the pods' own bridge is left out: it would be
# better than the static one, which is announced.
protocol direct { ipv4; interface ${[own.address, ...(own.uplink === undefined ? [] : [own.uplink])].map((one) => `${address(one)}/32`).join(", ")}; }
# Several equal ways to one network become one route with several next hops.
protocol kernel { ipv4 { import none; export filter { if !(${exported}) then reject; ${marked}accept; }; }; merge paths on; graceful restart on; }
protocol bfd { interface "*" { interval 200 ms; multiplier 3; }; multihop { interval 200 ms; multiplier 3; }; }
template bgp session {
  local ${address(own.address)} as ${systemNumber(own.asn)};
  # A neighbour whose daemon dies keeps its routes, as stale ones: any better way wins at once, and without one traffic goes on.
  bfd graceful; graceful restart on; graceful restart time 0; long lived graceful restart on; long lived stale time 600;
  hold time 9; keepalive time 3; connect retry time 2; connect delay time 1;
  # The default is to wait one to five minutes after an error.
  error wait time 1, 4;
}
`;
}

/** A condition: the net is one of these. `false` for none. */
export const isOneOf = (blocks: readonly string[]) =>
  blocks.length === 0 ? "false" : `net ~ [ ${blocks.map(range).join(", ")} ]`;

/**
 * Table of the kernel for packets from outside to addresses of Services. kube-proxy has changed the destination of those that some port
 * of a Service takes; the others must not follow the default route and come back. The image's cke-network has the rule that leads there.
 */
const servicesTable = 178;

/** Addresses of Services, which are announced as `services`. They are in a table of their own: in the node's own they would cut off its own programs. */
export const serviceTable = (addresses: readonly string[]) =>
  `ipv4 table services4;
protocol static services { ipv4 { table services4; }; ${addresses.map((one) => `route ${address(one)}/32 unreachable; `).join("")}}
protocol kernel services_kernel { kernel table ${servicesTable}; ipv4 { table services4; import none; export all; }; }
protocol pipe services_pipe { table master4; peer table services4; import all; export none; }
`;

/** Static routes that are announced and lead nowhere. */
export const announced = (name: string, blocks: readonly string[]) =>
  `protocol static ${name} { ipv4; ${blocks.map((block) => `route ${range(block)} blackhole; `).join("")}}\n`;
