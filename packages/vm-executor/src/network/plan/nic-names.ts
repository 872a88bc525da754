// What a NIC is called on this host, derived of its VM and its own name, so that it is found again and never changes. Pure.
import { createHash } from "node:crypto";

const digest = (...parts: readonly string[]) => createHash("sha256").update(parts.join("\0")).digest("hex");

/** A MAC of QEMU's range 52:54:00, lower case. */
export function macOf(uuid: string, nic: string): string {
  const hex = digest("mac", uuid, nic);
  return ["52:54:00", hex.slice(0, 2), hex.slice(2, 4), hex.slice(4, 6)].join(":");
}

/** Name of the host's end of a NIC: 15 bytes, the most that Linux takes. */
export const deviceOf = (uuid: string, nic: string): string => `ckt${digest("tap", uuid, nic).slice(0, 12)}`;

/** Names of links that belong to something shared, one for each purpose and thing. */
export const linkName = (purpose: "ckv" | "ckn" | "ckp" | "ckl", ...of: readonly string[]): string =>
  `${purpose}${digest(purpose, ...of).slice(0, 12)}`;
