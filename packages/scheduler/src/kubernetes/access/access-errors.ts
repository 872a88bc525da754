// Why a cluster's API server did not do what was asked: it said so, or it could not be asked.
import { CkeError } from "@cke/foundation";

/** Statuses with which an API server says that the same request may pass later. */
const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** The API server answered with an error. `status` is its HTTP status, `reason` a word of Kubernetes ("NotFound"), or "". */
export class KubernetesApiError extends CkeError {
  readonly reason: string;

  constructor(cluster: string, answer: { readonly status: number; readonly reason: string; readonly message: string }) {
    const { status, reason, message } = answer;
    const word = reason === "" ? "" : ` ${reason}`;
    super("kubernetes_api", `the API server of cluster "${cluster}" answers ${status}${word}: ${message}`, {
      status,
      retryable: passing.has(status),
    });
    this.reason = reason;
  }
}

/** No master could be asked, or the connection broke before its answer was whole. */
export class ClusterUnreachableError extends CkeError {
  /** True when a master may have got the request: whether it was done is not known. */
  readonly perhapsDone: boolean;

  constructor(cluster: string, why: string, { perhapsDone = false, cause }: UnreachableOptions = {}) {
    const end = perhapsDone ? "; whether it was done is not known" : "";
    super("cluster_unreachable", `the API of cluster "${cluster}" cannot be reached: ${why}${end}`, {
      status: 502,
      retryable: true,
      cause,
    });
    this.perhapsDone = perhapsDone;
  }
}

export interface UnreachableOptions {
  readonly perhapsDone?: boolean;
  readonly cause?: unknown;
}
