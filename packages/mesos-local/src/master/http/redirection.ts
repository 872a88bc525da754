// What a master that does not lead answers. Facts: recording ha-redirect.
import { type Answer, textAnswer } from "../../http/answer.ts";
import type { HttpRequest } from "../../http/server.ts";

/** Paths about the process itself, which every master answers. */
const local = new Set([
  "/",
  "/health",
  "/version",
  "/metrics/snapshot",
  "/flags",
  "/logging/toggle",
  "/system/stats.json",
]);

/**
 * A redirect to the leading master (`host:port`), or 503 when there is no leader. It comes before every other check of the
 * request. Undefined for paths that any master answers. The path comes without /master.
 */
export function redirection(leader: string | undefined, { path, query }: HttpRequest): Answer | undefined {
  if (local.has(path)) return undefined;
  if (leader === undefined) return textAnswer(503, "No leader elected");
  // libprocess writes the query anew, from a hash table that gives short ones backwards.
  const parts = [...query].reverse().map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const target = path === "/redirect" ? "" : `/master${path}${parts.length === 0 ? "" : `?${parts.join("&")}`}`;
  return {
    status: 307,
    headers: [
      ["Location", `//${leader}${target}`],
      ["Content-Length", "0"],
    ],
    body: "",
  };
}
