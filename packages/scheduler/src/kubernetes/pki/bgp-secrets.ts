// The secrets of a cluster's BGP sessions, kept with its keys: one for the sessions between its nodes, which is made with the cluster,
// and the passwords of routers, which its body named. Nodes get them sealed, and nothing else tells them.
import { randomBytes } from "node:crypto";
import { bgpSecretsFile } from "@cke/protocol";
import { z } from "zod";
import { type Store, type StoreOperation, unreadableValue } from "../../store/store.ts";

const bgpKey = (cluster: string) => `pki/${cluster}/bgp`;
const recordSchema = z.object({
  version: z.literal(1),
  cluster: z.string(),
  /** By address. */
  routers: z.record(z.string(), z.string()),
});

/** What stores the secrets of a new cluster. `passwords`: of its routers, by address. */
export function newBgpSecrets(cluster: string, passwords: Readonly<Record<string, string>>): StoreOperation {
  const secret = randomBytes(24).toString("base64url");
  return { op: "put", key: bgpKey(cluster), value: { version: 1, cluster: secret, routers: passwords } };
}

/** The file for its nodes; undefined for a cluster without any. Throws StoreError for what cannot be read. */
export async function bgpSecretsOf(store: Store, cluster: string): Promise<string | undefined> {
  const key = bgpKey(cluster);
  const stored = await store.get(key);
  if (stored === undefined) return undefined;
  const { data, error } = recordSchema.safeParse(stored.value);
  if (data === undefined) throw unreadableValue(key, `at ${error.issues.map(({ path }) => path.join(".")).join(", ")}`);
  return bgpSecretsFile(data.cluster, data.routers);
}
