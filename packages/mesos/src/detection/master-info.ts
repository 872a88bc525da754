// What masters write into ZooKeeper: a sequential node `json.info_<number>` each, with MasterInfo as JSON. The lowest
// number leads. (Mesos before 0.24 wrote protobuf into `info_<number>`; those masters have no v1 API either.)
import * as z from "zod";
import { parseJson } from "../encoding/json.ts";
import type { MesosEndpoint } from "./master-address.ts";

const memberName = /^json\.info_(-?\d{1,10})$/;
const port = z.int().min(1).max(65535);
const masterInfoSchema = z.object({
  hostname: z.string().min(1).optional(),
  port: port.optional(),
  address: z.object({ ip: z.string().min(1).optional(), hostname: z.string().min(1).optional(), port }).optional(),
  pid: z.string().optional(),
});

/** The node of the leading master among the children of the masters' path; undefined when there is none. */
export function leadingMember(children: readonly string[]): string | undefined {
  const members = children.flatMap((name) => {
    const sequence = memberName.exec(name)?.[1];
    return sequence === undefined ? [] : [{ name, sequence: Number(sequence) }];
  });
  return members.toSorted((one, other) => one.sequence - other.sequence)[0]?.name;
}

/**
 * Where the master of a MasterInfo is; undefined when that cannot be read from it. Over https the host name is used, because
 * the certificate is for that, else the address, because it needs no resolving.
 */
export function masterEndpoint(data: Uint8Array, protocol: MesosEndpoint["protocol"]): MesosEndpoint | undefined {
  let value: unknown;
  try {
    value = parseJson(Buffer.from(data).toString("utf8"));
  } catch {
    return undefined;
  }
  const parsed = masterInfoSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { address, hostname, pid } = parsed.data;
  // master@127.0.0.1:5050, for masters that write no address.
  const [, pidHost, pidPort] = /@\[?([^\]]+)\]?:(\d{1,5})$/.exec(pid ?? "") ?? [];
  const name = address?.hostname ?? hostname;
  const ip = address?.ip ?? pidHost;
  const host = protocol === "https:" ? (name ?? ip) : (ip ?? name);
  const number = address?.port ?? parsed.data.port ?? (pidPort === undefined ? undefined : Number(pidPort));
  return host === undefined || number === undefined ? undefined : { protocol, host, port: number, basePath: "" };
}
