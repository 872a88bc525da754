// What a KubeNode is made with, and what it tells.
import type { SecretsClient } from "@cke/executor-core";
import type { CkeError, Clock, Logger } from "@cke/foundation";
import type { WatchEvent } from "@cke/protocol";
import type { Host } from "../container/host.ts";
import type { NodeContainer } from "../container/node-container.ts";
import type { Engine } from "../docker/engine.ts";
import type { LaunchStep } from "../reports/launch-step.ts";
import type { NodeFacts } from "../reports/node-report.ts";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";

export interface KubeNodeParts {
  readonly engine: Engine;
  readonly container: NodeContainer;
  readonly secrets: SecretsClient;
  readonly host: Host;
  readonly openWrapper: (socketPath: string) => Promise<WrapperClient>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the wrapper of a container that this launch has made may be silent before it is ready, in ms. */
  readonly wrapperTimeoutMs: number;
}

export interface KubeNodeListener {
  progress(step: LaunchStep, detail: string): void;
  ready(node: ReadyNode): void;
  /** The wrapper of a ready node has not answered since `sinceMs` (UNIX time); `words` say why. */
  unresponsive(sinceMs: number, words: string): void;
  /** The wrapper answers again. */
  responsive(): void;
  /** The `facts` of the ready node have changed. */
  changed(): void;
  event(event: WatchEvent): void;
  /** A new instance of the wrapper answers; it knows no process. */
  newInstance(): void;
  /** The launch failed, or the container ended; what was made is removed already. */
  lost(error: CkeError): void;
}

export interface ReadyNode {
  readonly wrapper: WrapperClient;
  readonly facts: NodeFacts;
  readonly adopted: boolean;
}
