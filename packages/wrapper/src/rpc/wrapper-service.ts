// The gRPC service of proto/cke/wrapper.proto: checks requests, hands them on, converts errors. Calls that last are in
// session-handlers.ts.
import { version } from "@cke/foundation/version";
import type {
  InfoRequest,
  InfoResponseInit,
  ListRequest,
  ListResponseInit,
  ProcessStateInit,
  SetBalancerRequest,
  SetBalancerResponseInit,
  SetResourcesRequest,
  StartRequest,
  StopRequest,
} from "@cke/protocol";
import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { noLimits } from "../cgroups/cgroup-values.ts";
import { WrapperError } from "../errors/wrapper-error.ts";
import { checkBalancer } from "../validation/balancer-validation.ts";
import { checkName, checkResources, checkSignal, checkSpec, Problems } from "../validation/request-validation.ts";
import type { ServiceParts } from "./service-parts.ts";
import { sessionHandlers } from "./session-handlers.ts";
import { answerCall } from "./unary-answer.ts";

/** What a client cannot take for granted of every wrapper, see InfoResponse.features. */
const features = ["exec-user", "file-from-end", "balancer", "file-bytes"];

export function wrapperHandlers(parts: ServiceParts): UntypedServiceImplementation {
  const { supervisor, events, cgroups, outputs, balancer, logger } = parts;

  const info = unary<InfoRequest, InfoResponseInit>(async () => ({
    version,
    instanceId: events.instanceId,
    startedAtMs: parts.startedAtMs,
    cgroupVersion: cgroups.version,
    cgroupNote: cgroups.note,
    lastSequence: events.last(),
    oldestSequence: events.oldest(),
    outputDirectory: outputs.directory,
    features,
    tunnelSocket: parts.tunnelSocket,
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

  const setBalancer = unary<SetBalancerRequest, SetBalancerResponseInit>(async (request) => {
    const problems = new Problems();
    checkBalancer(request, problems);
    problems.throwIfAny();
    await balancer.set(request);
    return {
      targets: balancer.targets.map(({ name, state, connections }) => ({
        address: name,
        state: state.kind,
        connections,
      })),
    };
  });

  function unary<Request, Response>(
    handle: (request: Request) => Promise<Response>,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => answerCall(call, callback, logger, () => handle(call.request));
  }

  return { info, start, stop, list, setResources, setBalancer, ...sessionHandlers(parts) };
}
