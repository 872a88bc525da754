// The parts and time limits that the driver of KubeNodes is made with.
import type { Clock, Logger } from "@cke/foundation";
import type { Host } from "../container/host.ts";
import type { Engine } from "../docker/engine.ts";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";

export interface K8sDriverOptions {
  readonly engine: Engine;
  readonly host: Host;
  readonly openWrapper: (socketPath: string) => Promise<WrapperClient>;
  /** Loads what `openWrapper` needs. Called while nothing but the engine has to work. */
  readonly loadWrapperClient?: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** CKE_RUN_DIR. */
  readonly runBase: string;
  /** How long the agent waits after SHUTDOWN, in ms. */
  readonly shutdownGraceMs: number;
  /** How long the wrapper of a new container may be silent before the node is ready; default 10 min. */
  readonly wrapperTimeoutMs?: number;
  /**
   * How long no launch may come before the processes of an adopted node that no task asked for are stopped; default 10 min. A
   * busy agent hands over the launches of one ACCEPT slowly, and a healthy process must not be stopped too early.
   */
  readonly unwantedAfterMs?: number;
  /** How long a kill of the node waits for the order to remove its data; default 6 s, because the scheduler repeats it every 5 s. */
  readonly orderMs?: number;
  /** How long an executor whose processes' tasks have all ended waits for its node's task; default 10 s. */
  readonly nodelessMs?: number;
}
