// Creates the parts of the wrapper, connects them, and serves them on the socket until `stop`.
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import { version } from "@cke/foundation/version";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { Balancer } from "../balancer/balancer.ts";
import type { Cgroups } from "../cgroups/cgroup.ts";
import { detectCgroups } from "../cgroups/cgroup-detection.ts";
import { WrapperError } from "../errors/wrapper-error.ts";
import { makeOutputDirectory } from "../output/output-file.ts";
import { OutputRegistry } from "../output/output-registry.ts";
import { ProbeSemaphore } from "../probes/probe-semaphore.ts";
import { within } from "../process/time-limit.ts";
import { SessionLimits } from "../sessions/session-limits.ts";
import { EventLog } from "../supervision/event-log.ts";
import { Supervisor } from "../supervision/supervisor.ts";
import { bindPrivately, freeSocketPath } from "./socket-file.ts";
import { removeStateFile, writeStateFile } from "./state-file.ts";
import { boundedService } from "./stream-methods.ts";
import { TunnelListener, tunnelSocketName } from "./tunnel-listener.ts";
import { wrapperHandlers } from "./wrapper-service.ts";

export interface WrapperServerOptions {
  readonly socket: string;
  readonly outputDirectory: string;
  readonly stateDirectory: string;
  /** Parent of the processes' cgroups, like "/cke". */
  readonly cgroup: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: () => number;
  /** Events that are remembered for watchers; default 2048. */
  readonly eventCapacity?: number;
  /** Replaces the detected control groups. */
  readonly cgroups?: Cgroups;
}

/** How long the stop of the wrapper waits for exec sessions to end. */
const sessionsPatienceMs = 5_000;
const probeCommandsAtOnce = 4;
/** A request: a specification with its probes. Messages of streams have a smaller bound (stream-methods.ts). */
const messageLimit = 4 * 1024 * 1024;

export class WrapperServer {
  readonly #options: WrapperServerOptions;
  readonly #server: Server;
  readonly #limits = new SessionLimits();
  #bytes: TunnelListener | undefined;
  readonly #sessions = new Set<Promise<void>>();
  readonly #balancer: Balancer;
  readonly #closing = new AbortController();
  #parts: { readonly supervisor: Supervisor; readonly outputs: OutputRegistry; readonly cgroups: Cgroups } | undefined;

  constructor(options: WrapperServerOptions) {
    this.#options = options;
    this.#balancer = new Balancer(options);
    this.#server = new Server({
      "grpc.max_receive_message_length": messageLimit,
      "grpc.max_send_message_length": messageLimit,
      // Pings find a client that hangs with an open socket; its calls are then cancelled.
      "grpc.keepalive_time_ms": 60_000,
      "grpc.keepalive_timeout_ms": 30_000,
      "grpc.enable_channelz": 0,
      // More than all sessions together: a client that ignores every bound is refused by HTTP/2.
      "grpc.max_concurrent_streams": 2_048,
    });
  }

  /** Resolves when the socket is served. Throws WrapperError. */
  async start(): Promise<void> {
    const { socket, outputDirectory, stateDirectory, clock, logger } = this.#options;
    await freeSocketPath(socket);
    makeOutputDirectory(outputDirectory);
    const cgroups = this.#options.cgroups ?? detectCgroups(this.#options.cgroup);
    if (cgroups.version === 0) logger.warning(cgroups.note);
    else logger.info(cgroups.note);
    const events = new EventLog({
      instanceId: randomUUID(),
      capacity: this.#options.eventCapacity ?? 2_048,
      now: () => clock.now(),
    });
    const outputs = new OutputRegistry(outputDirectory, clock, logger);
    const probeSemaphore = new ProbeSemaphore(probeCommandsAtOnce);
    const supervisor = new Supervisor({
      clock,
      logger,
      cgroups,
      outputs,
      probeSemaphore,
      events,
      random: this.#options.random ?? Math.random,
    });
    this.#parts = { supervisor, outputs, cgroups };
    const startedAtMs = clock.now();
    this.#server.addService(
      boundedService,
      wrapperHandlers({
        supervisor,
        events,
        cgroups,
        outputs,
        probeSemaphore,
        balancer: this.#balancer,
        clock,
        logger,
        startedAtMs,
        limits: this.#limits,
        tunnelSocket: tunnelSocketName(socket),
        sessions: this.#sessions,
        closing: this.#closing.signal,
      }),
    );
    // First: who reaches the wrapper may use its socket for bytes.
    this.#bytes = new TunnelListener(socket, { limits: this.#limits, outputs, clock });
    await this.#bytes.start();
    await bindPrivately(socket, () => this.#bind());
    writeStateFile(stateDirectory, { pid: process.pid, version, instanceId: events.instanceId, socket, startedAtMs });
    outputs.start();
    logger.info(`serving ${socket}`, { instance: events.instanceId });
  }

  /** Stops every process in the reverse order of their starts, within `boundMs`, then ends all calls. */
  async stop(boundMs: number): Promise<void> {
    await this.#parts?.supervisor.stopAll(boundMs);
    await this.#parts?.outputs.stop();
    await this.#balancer.close();
    this.#closing.abort();
    await within(sessionsPatienceMs, Promise.all(this.#sessions), this.#options.clock);
    this.#bytes?.stop();
    this.#server.forceShutdown();
    this.#parts?.cgroups.close();
    rmSync(this.#options.socket, { force: true });
    removeStateFile(this.#options.stateDirectory);
  }

  #bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`unix:${this.#options.socket}`, ServerCredentials.createInsecure(), (cause) => {
        if (cause === null) resolve();
        else
          reject(
            new WrapperError("failed_precondition", `cannot serve ${this.#options.socket}: ${cause.message}`, {
              cause,
            }),
          );
      });
    });
  }
}
