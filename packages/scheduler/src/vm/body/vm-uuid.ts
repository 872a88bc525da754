// UUIDs of domains. One VM has the same for every launch, so that its domain is found again, and another instance has another.
import { createHash } from "node:crypto";
import type { VmSpec } from "./vm-spec.ts";

const form = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The operator's id where it is a UUID; else one that is derived of the instance (RFC 9562, version 8: of no other use). */
export function vmUuid(id: string, instance: string): string {
  const own = id.toLowerCase();
  if (form.test(own)) return own;
  const hash = createHash("sha256").update(`cke-vm ${instance}`).digest("hex");
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}

/**
 * Of any instance of a VM. Only the first one has the operator's id: what is left of it on a host, and of each later one, keeps its own UUID
 * when the VM begins anew there.
 */
export function instanceUuid({ id, firstInstance }: Pick<VmSpec, "id" | "firstInstance">, instance: string): string {
  return vmUuid(firstInstance === "" || firstInstance === instance ? id : "", instance);
}
