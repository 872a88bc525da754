// The scheduler's own requests to clusters, for one term. Every request first asks whether the term holds, in the same turn of the
// event loop: a program that stood still while another scheduler took over would change a cluster by records of the past, or
// another cluster of that name.
import { CkeError } from "@cke/foundation";
import type { KubernetesClient } from "../kubernetes/access/kubernetes-client.ts";
import type { ServingMasters } from "../kubernetes/certificates/serving-certificates.ts";
import type { EtcdOfClusters } from "../kubernetes/masters/etcd-actions.ts";
import type { Term } from "../store/election.ts";

/** Requests to API servers. They fail with `not_leader` (503) once the term holds no more. */
export function leaderClient(term: Pick<Term, "holds">, client: KubernetesClient): KubernetesClient {
  return {
    request: async (...asked) => {
      checkTerm(term);
      return await client.request(...asked);
    },
  };
}

/** Requests to etcd. They fail with `not_leader` (503) once the term holds no more. */
export function leaderEtcd(term: Pick<Term, "holds">, etcd: EtcdOfClusters): EtcdOfClusters {
  return (...cluster) => {
    const transport = etcd(...cluster);
    return {
      post: async (...asked) => {
        checkTerm(term);
        return await transport.post(...asked);
      },
    };
  };
}

/** What is done to the certificates of masters. It fails with `not_leader` (503) once the term holds no more. */
export function leaderServing(term: Pick<Term, "holds">, masters: ServingMasters): ServingMasters {
  return {
    shown: async (...asked) => {
      checkTerm(term);
      return await masters.shown(...asked);
    },
    replace: async (...asked) => {
      checkTerm(term);
      await masters.replace(...asked);
    },
  };
}

function checkTerm(term: Pick<Term, "holds">): void {
  if (!term.holds())
    throw new CkeError("not_leader", "this scheduler leads no longer", { status: 503, retryable: true });
}
