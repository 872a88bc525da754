// The name under which a client asks this scheduler, as an HTTP proxy (CONNECT), for a cluster's API server. It is in no DNS:
// `internal` is reserved for names like this. Pure.
import { apiserverPort } from "../configuration/ports.ts";

const suffix = ".cke.internal";
/** 443: of a client that leaves the port out. */
const authorityForm = new RegExp(`^([A-Za-z0-9][A-Za-z0-9-]{0,62})\\.cke\\.internal:(?:${apiserverPort}|443)$`);

/** `my` → `my.cke.internal` */
export const proxiedHost = (cluster: string): string => `${cluster}${suffix}`;

/** `my.cke.internal:6443` → `my`; undefined for every other place: this scheduler is a proxy to its clusters only. */
export function clusterOfAuthority(authority: string): string | undefined {
  return authorityForm.exec(authority)?.[1];
}
