// The errors with which requests about clusters are refused, each with its HTTP status.
import { CkeError } from "@cke/foundation";

export interface SpecProblem {
  /** JSON path in the body: `kubenodes[0].process[1].res.cpu`; "" for the body itself. */
  readonly path: string;
  readonly message: string;
}

/** Every problem of a body at once. 400 when it has the wrong shape, 422 when it is well-formed but impossible. */
export class SpecInvalidError extends CkeError {
  readonly problems: readonly SpecProblem[];
  /** True when a problem follows from facts about hosts, which may have changed. */
  readonly ofHosts: boolean;
  /** Sentences about fields without effect: a missing field may be one of them, misspelt. */
  readonly warnings: readonly string[];

  constructor(
    problems: readonly SpecProblem[],
    status: 400 | 422 = 400,
    { ofHosts = false, warnings = [] }: { readonly ofHosts?: boolean; readonly warnings?: readonly string[] } = {},
  ) {
    const text = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
    super("spec_invalid", text, { status });
    this.problems = problems;
    this.ofHosts = ofHosts;
    this.warnings = warnings;
  }
}

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
