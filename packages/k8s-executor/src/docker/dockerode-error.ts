// Turns what dockerode throws into an EngineError with Docker's own words.
import * as z from "zod";
import { EngineError } from "./engine.ts";

const failureSchema = z.object({
  message: z.string().default(""),
  statusCode: z.number().optional(),
  code: z.string().optional(),
  json: z.object({ message: z.string() }).optional().catch(undefined),
});

export function engineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const { data } = failureSchema.safeParse(thrown);
  const words = data?.json?.message ?? data?.message ?? String(thrown);
  // For streams dockerode has no parsed body, and puts its own words in front of Docker's.
  return new EngineError(words.replace(/^\(HTTP code \d+\) [^-]* - /, "").trim(), {
    status: data?.statusCode ?? 0,
    code: data?.code ?? "",
    cause: thrown,
  });
}

/** True when the connection broke during a request. An engine that is down refuses connections instead. */
export function wasCut(error: unknown): boolean {
  return error instanceof EngineError && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
