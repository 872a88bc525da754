// The errors with which requests about clusters are refused, each with its HTTP status.
import { CkeError } from "@cke/foundation";

export class ClusterExistsError extends CkeError {
  constructor(name: string, why = "exists already") {
    super("cluster_exists", `cluster "${name}" ${why}`, { status: 409 });
  }
}

/** 409: the request is not possible for a cluster that is being deleted. */
export class ClusterDeletingError extends CkeError {
  constructor(name: string) {
    super("cluster_deleting", `cluster "${name}" is being deleted`, { status: 409 });
  }
}

export class ClusterNotFoundError extends CkeError {
  constructor(name: string) {
    super("cluster_not_found", `there is no cluster "${name}"`, { status: 404 });
  }
}
