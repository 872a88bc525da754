// Errors on the way to a cluster's API server, as that server would say them: a Status object, whose message kubectl shows. Like
// every error of this API it has `error` too. Pure.
import { CkeError } from "@cke/foundation";
import { errorAnswer } from "../requests/api-error.ts";

/** Kubernetes' words for statuses, which its clients compare. */
const reasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
  504: "Timeout",
};

export interface StatusAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer for an error of this scheduler. With Retry-After, Kubernetes' clients ask again by themselves. */
export function statusAnswer(thrown: unknown): StatusAnswer {
  const { status, headers, body } = errorAnswer(thrown, 0);
  const { error } = body;
  const text = JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error,
    reason: reasons[status] ?? "InternalError",
    details: { causes: thrown instanceof CkeError ? [{ reason: thrown.code, message: error }] : [] },
    code: status,
    error,
  });
  const length = String(Buffer.byteLength(text));
  return { status, text, headers: { ...headers, "content-type": "application/json", "content-length": length } };
}
