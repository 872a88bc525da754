// Names of clusters in tests. A container is called cke-<cluster>-<node> on its host, so a name that every run shares
// would meet the containers of a run that was killed, or of one beside it on the same Docker engine.
import { randomBytes } from "node:crypto";

/** A cluster name that no other run has: "<word>-<6 hex digits>". */
export const clusterName = (word: string): string => `${word}-${randomBytes(3).toString("hex")}`;
