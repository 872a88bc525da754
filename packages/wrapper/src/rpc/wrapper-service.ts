// The gRPC service of proto/cke/wrapper.proto: checks requests, hands them on, converts errors. Everything that only some
// clients use (exec, tunnels, files) is loaded when it is first used.

import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import { version } from "@cke/foundation/version";
import type {
  FileChunkInit,
  GetFileRequest,
  InfoRequest,
  InfoResponseInit,
  ListRequest,
  ListResponseInit,
  ProcessStateInit,
  RunProbeRequest,
  RunProbeResponseInit,
  SetResourcesRequest,
  StartRequest,
  StopRequest,
  WatchEvent,
  WatchRequest,
} from "@cke/protocol";
import type { handleUnaryCall, ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Cgroups } from "../cgroups/cgroup.ts";
import { noLimits } from "../cgroups/cgroup-values.ts";
import { endWithError, type FailableCall, serviceError } from "../errors/grpc-status.ts";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import type { OutputRegistry } from "../output/output-registry.ts";
import { probeCheck } from "../probes/probe-check.ts";
import { probeTiming } from "../probes/probe-record.ts";
import type { ProbeSemaphore } from "../probes/probe-semaphore.ts";
import type { ExecCall } from "../sessions/exec-session.ts";
import type { PutFileCall } from "../sessions/put-file.ts";
import type { TunnelCall } from "../sessions/tunnel.ts";
import type { EventLog } from "../supervision/event-log.ts";
import type { Supervisor } from "../supervision/supervisor.ts";
import {
  checkName,
  checkPath,
  checkProbe,
  checkResources,
  checkSignal,
  checkSpec,
  Problems,
} from "../validation/request-validation.ts";
import { checkWatch, streamEvents } from "./watch-stream.ts";

export interface ServiceParts {
  readonly supervisor: Supervisor;
  readonly events: EventLog;
  readonly cgroups: Cgroups;
  readonly outputs: OutputRegistry;
  readonly probeSemaphore: ProbeSemaphore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startedAtMs: number;
  /** Exec sessions that are not over. */
  readonly sessions: Set<Promise<void>>;
  /** Aborted when the wrapper stops. */
  readonly closing: AbortSignal;
}

export function wrapperHandlers(parts: ServiceParts): UntypedServiceImplementation {
  const { supervisor, events, cgroups, outputs, clock, logger } = parts;

  const info = unary<InfoRequest, InfoResponseInit>(async () => ({
    version,
    instanceId: events.instanceId,
    startedAtMs: parts.startedAtMs,
    cgroupVersion: cgroups.version,
    cgroupNote: cgroups.note,
    lastSequence: events.last(),
    oldestSequence: events.oldest(),
    outputDirectory: outputs.directory,
  }));

  const start = unary<StartRequest, ProcessStateInit>(async ({ spec, replace }) => {
    const problems = new Problems();
    if (spec === undefined) problems.add("spec", "is missing");
    else checkSpec(spec, problems);
    problems.throwIfAny();
    if (spec === undefined) throw new WrapperError("invalid_argument", "spec: is missing");
    return supervisor.start(spec, replace);
  });

  const stop = unary<StopRequest, ProcessStateInit>(async ({ name, signal, graceMs, forget }) => {
    const problems = new Problems();
    checkName(name, "name", problems);
    checkSignal(signal, "signal", problems);
    problems.throwIfAny();
    const options = { ...(signal === "" ? {} : { signal }), ...(graceMs === 0 ? {} : { graceMs }) };
    return supervisor.stop(name, options, forget);
  });

  const list = unary<ListRequest, ListResponseInit>(async () => ({
    processes: supervisor.list(),
    sequence: events.last(),
  }));

  const setResources = unary<SetResourcesRequest, ProcessStateInit>(async ({ name, resources = noLimits }) => {
    const problems = new Problems();
    checkName(name, "name", problems);
    checkResources(resources, "resources", problems);
    problems.throwIfAny();
    return supervisor.setResources(name, resources);
  });

  const runProbe = unary<RunProbeRequest, RunProbeResponseInit>(async ({ probe }) => {
    const problems = new Problems();
    if (probe === undefined) problems.add("probe", "is missing");
    else checkProbe(probe, "probe", problems);
    problems.throwIfAny();
    if (probe === undefined) throw new WrapperError("invalid_argument", "probe: is missing");
    const before = clock.monotonic();
    const result = await probeCheck(probe, parts.probeSemaphore).run(
      probeTiming(probe).timeoutMs,
      new AbortController().signal,
    );
    return { passing: result.passing, message: result.message, durationMs: Math.round(clock.monotonic() - before) };
  });

  const watch = (call: ServerWritableStream<WatchRequest, WatchEvent>) => {
    try {
      checkWatch(events, call.request);
    } catch (error) {
      endWithError(call, error);
      return;
    }
    const end = streamEvents(events, call.request.fromSequence, {
      write: (event) => call.write(event),
      onDrain: (callback) => call.on("drain", callback),
      fail: (error) => endWithError(call, error),
    });
    call.on("cancelled", end);
    call.on("close", end);
    call.on("error", end);
  };

  const exec = (call: ExecCall) => {
    void import("../sessions/exec-session.ts").then(({ serveExec }) => serveExec(call, parts), refuse(call));
  };
  const tunnel = (call: TunnelCall) => {
    void import("../sessions/tunnel.ts").then(({ serveTunnel }) => serveTunnel(call), refuse(call));
  };
  const putFile = (call: PutFileCall, callback: Parameters<handleUnaryCall<unknown, object>>[1]) => {
    void import("../sessions/put-file.ts")
      .then(({ servePutFile }) => servePutFile(call))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(serviceError(error)),
      );
  };
  const getFile = (call: ServerWritableStream<GetFileRequest, FileChunkInit>) => {
    const problems = new Problems();
    checkPath(call.request.path, "path", problems);
    void Promise.resolve()
      .then(() => problems.throwIfAny())
      .then(() => import("../sessions/get-file.ts"))
      .then(({ serveGetFile }) => serveGetFile(call, outputs, clock))
      .catch((error: unknown) => {
        endWithError(call, error);
      });
  };

  function unary<Request, Response>(
    handle: (request: Request) => Promise<Response>,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      handle(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => {
          if (!(error instanceof WrapperError))
            logger.error(`${call.getPath()} failed: ${errnoWordsOf(error)}`, { error });
          callback(serviceError(error));
        },
      );
    };
  }

  return { info, start, stop, list, watch, setResources, exec, tunnel, putFile, getFile, runProbe };
}

function refuse(call: FailableCall) {
  return (error: unknown) => endWithError(call, error);
}
