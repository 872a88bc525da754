// The calls that last as long as their client stays, each within the bound of its kind. What only some clients use (exec, tunnels, files)
// is loaded when it is first used.
import { once } from "node:events";
import type {
  FilesRequest,
  FilesResponseInit,
  PutFileResponseInit,
  RunProbeRequest,
  RunProbeResponseInit,
  WatchEvent,
  WatchRequest,
} from "@cke/protocol";
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData, UntypedServiceImplementation } from "@grpc/grpc-js";
import { endWithError, type FailableCall } from "../errors/grpc-status.ts";
import { WrapperError } from "../errors/wrapper-error.ts";
import { probeCheck } from "../probes/probe-check.ts";
import { probeTiming } from "../probes/probe-record.ts";
import { goneSignal } from "../sessions/call-stream.ts";
import type { ExecCall } from "../sessions/exec-session.ts";
import type { GetFileCall } from "../sessions/get-file.ts";
import type { PutFileCall } from "../sessions/put-file.ts";
import type { SessionKind } from "../sessions/session-limits.ts";
import type { TunnelCall } from "../sessions/tunnel.ts";
import { checkPath, checkProbe, Problems } from "../validation/request-validation.ts";
import type { ServiceParts } from "./service-parts.ts";
import { answerCall } from "./unary-answer.ts";
import { checkWatch, streamEvents } from "./watch-stream.ts";

export function sessionHandlers(parts: ServiceParts): UntypedServiceImplementation {
  const { events, outputs, clock, logger, limits } = parts;

  const runProbe = (
    call: ServerUnaryCall<RunProbeRequest, RunProbeResponseInit>,
    callback: sendUnaryData<RunProbeResponseInit>,
  ) => {
    const { probe } = call.request;
    answerCall(call, callback, logger, async () => {
      const problems = new Problems();
      if (probe === undefined) problems.add("probe", "is missing");
      else checkProbe(probe, "probe", problems);
      problems.throwIfAny();
      if (probe === undefined) throw new WrapperError("invalid_argument", "probe: is missing");
      return limits.run("run-probe", async () => {
        const before = clock.monotonic();
        const check = probeCheck(probe, parts.probeSemaphore);
        const { passing, message } = await check.run(probeTiming(probe).timeoutMs, goneSignal(call));
        return { passing, message, durationMs: Math.round(clock.monotonic() - before) };
      });
    });
  };

  const watch = (call: ServerWritableStream<WatchRequest, WatchEvent>) => {
    inSession("watch", call, async () => {
      const gone = goneSignal(call);
      checkWatch(events, call.request);
      const end = streamEvents(events, call.request.fromSequence, {
        write: (event) => call.write(event),
        onDrain: (callback) => call.on("drain", callback),
        fail: (error) => endWithError(call, error),
      });
      gone.addEventListener("abort", end, { once: true });
      if (!gone.aborted) await once(gone, "abort");
    });
  };

  const exec = (call: ExecCall) => {
    inSession("exec", call, async () => {
      const { serveExec } = await import("../sessions/exec-session.ts");
      const over = serveExec(call, parts);
      parts.sessions.add(over);
      await over.finally(() => parts.sessions.delete(over));
    });
  };
  const tunnel = (call: TunnelCall) => {
    inSession("tunnel", call, async () => (await import("../sessions/tunnel.ts")).serveTunnel(call));
  };
  const putFile = (call: PutFileCall, callback: sendUnaryData<PutFileResponseInit>) => {
    answerCall(call, callback, logger, () =>
      limits.run("put-file", async () => (await import("../sessions/put-file.ts")).servePutFile(call)),
    );
  };
  const getFile = (call: GetFileCall) => {
    inSession("get-file", call, async () => {
      await (await import("../sessions/get-file.ts")).serveGetFile(call, outputs, clock);
    });
  };

  const listFiles = (
    call: ServerUnaryCall<FilesRequest, FilesResponseInit>,
    callback: sendUnaryData<FilesResponseInit>,
  ) => {
    const { directory } = call.request;
    answerCall(call, callback, logger, async () => {
      const problems = new Problems();
      checkPath(directory, "directory", problems);
      problems.throwIfAny();
      const listing = await import("../files/directory-listing.ts");
      return await limits.run("get-file", () => listing.listFiles(directory));
    });
  };

  /** Serves a stream within the bound of its kind, and ends it with what was thrown. */
  function inSession(kind: SessionKind, call: FailableCall, serve: () => Promise<void>): void {
    limits.run(kind, serve).catch((error: unknown) => endWithError(call, error));
  }

  return { runProbe, watch, exec, tunnel, putFile, getFile, listFiles };
}
