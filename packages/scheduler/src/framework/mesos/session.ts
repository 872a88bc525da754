// The identity of the framework in Mesos: FrameworkInfo, the stored framework id, and the meaning of refusals.
import { CkeError, type Logger } from "@cke/foundation";
import type { FrameworkInfo, SchedulerDecision, SchedulerProblem, SubscribeBody } from "@cke/mesos";
import { z } from "zod";
import { type Store, unreadableValue } from "../../store/store.ts";
import { resourceBounds } from "../../workload/outline/resource-bounds.ts";
import type { FrameworkOptions } from "../interfaces/dependencies.ts";
import { subscriptionRefusal } from "./subscription-refusal.ts";

const key = "framework";
/** `name`: the framework's name. Older stores do not have it. */
const stored = z.object({ id: z.string().min(1), name: z.string().optional() });

/**
 * An offer with less than the smallest process is useless: every launch takes cpus and memory, and so does every
 * reservation that must be given back. (Mesos' own bound asks for only one of the two.)
 */
const smallestOffer: NonNullable<FrameworkInfo["offer_filters"]>[string] = {
  min_allocatable_resources: {
    quantities: [
      {
        quantities: { cpus: { value: resourceBounds.minCpu }, mem: { value: resourceBounds.minMemoryMib } },
      },
    ],
  },
};

export class Session {
  readonly #store: Store;
  readonly #options: FrameworkOptions;
  readonly #logger: Logger;
  #frameworkId = "";
  /**
   * The id that Mesos has given, stored or not yet. A subscription before it is stored uses it too, so that it is no
   * new framework.
   */
  #heardId = "";
  /** True when the framework's name is stored as well. */
  #named = false;

  constructor(store: Store, options: FrameworkOptions, logger: Logger) {
    this.#store = store;
    this.#options = options;
    this.#logger = logger;
  }

  /** "" before the first subscription. */
  get frameworkId(): string {
    return this.#frameworkId;
  }

  async load(): Promise<void> {
    const entry = await this.#store.get(key);
    if (entry === undefined) return;
    const parsed = stored.safeParse(entry.value);
    if (!parsed.success) throw unreadableValue(key, "no framework id");
    const { id, name } = parsed.data;
    // Reservations carry the name. Under another name they would look like those of another framework.
    if (name !== undefined && name !== this.#options.name) {
      throw new CkeError(
        "framework_name",
        `the store belongs to the framework "${name}", and this scheduler is "${this.#options.name}": start it with -name ${name}, or give it a place of its own in the store (-storage_prefix for etcd, the path in -storage_servers otherwise)`,
      );
    }
    this.#frameworkId = id;
    this.#heardId = id;
    this.#named = name !== undefined;
  }

  /** SUBSCRIBE, with the roles that want no offers now. */
  subscribe(suppressedRoles: readonly string[]): SubscribeBody {
    return {
      framework_info: this.info(),
      ...(suppressedRoles.length === 0 ? {} : { suppressed_roles: suppressedRoles }),
    };
  }

  /** `checkpoint` and `user` never change, because Mesos ignores a later change. */
  info(): FrameworkInfo {
    const { name, user, roles, failoverSeconds, webuiUrl, principal, hostname } = this.#options;
    return {
      name,
      user,
      roles,
      failover_timeout: failoverSeconds,
      checkpoint: true,
      capabilities: [
        { type: "MULTI_ROLE" },
        { type: "PARTITION_AWARE" },
        { type: "TASK_KILLING_STATE" },
        { type: "RESERVATION_REFINEMENT" },
      ],
      ...(webuiUrl === undefined ? {} : { webui_url: webuiUrl }),
      ...(principal === undefined ? {} : { principal }),
      ...(hostname === undefined ? {} : { hostname }),
      offer_filters: Object.fromEntries(roles.map((role) => [role, smallestOffer])),
      ...(this.#heardId === "" ? {} : { id: { value: this.#heardId } }),
    };
  }

  /** Call it as soon as SUBSCRIBED is read. */
  heard(frameworkId: string): void {
    this.#heardId = frameworkId;
  }

  /** Stores the id before anything is done with it. */
  async subscribed(frameworkId: string): Promise<void> {
    const same = this.#frameworkId === frameworkId;
    if (same && this.#named) return;
    if (!same && this.#frameworkId !== "") {
      this.#logger.error("Mesos gave another framework id than the stored one", {
        stored: this.#frameworkId,
        frameworkId,
      });
    }
    await this.#store.commit([{ op: "put", key, value: { id: frameworkId, name: this.#options.name } }]);
    this.#frameworkId = frameworkId;
    this.#named = true;
  }

  /**
   * A framework that Mesos has removed has lost its tasks. With workloads an operator must know it; without any nothing
   * is lost, and the framework takes a new id.
   */
  async problem(problem: SchedulerProblem, hasWorkloads: boolean): Promise<SchedulerDecision> {
    switch (problem.kind) {
      case "framework_removed":
        if (hasWorkloads) return "stop";
        this.#logger.warning("Mesos removed this framework; there are no workloads, so it subscribes anew", {
          frameworkId: this.#frameworkId,
        });
        await this.#store.commit([{ op: "delete", key }]);
        this.#frameworkId = "";
        this.#heardId = "";
        return "retry";
      case "failed_over":
        return "stop";
      case "unauthenticated":
      case "unauthorized":
      case "refused":
        this.#logger.error(subscriptionRefusal(problem, this.#options.principal));
        return "retry";
    }
  }
}

/** The error for a problem after which the framework can never work again. */
export function fatalError(problem: SchedulerProblem): CkeError {
  const what =
    problem.kind === "failed_over"
      ? "another scheduler took over this framework; this one steps down"
      : 'Mesos removed this framework and with it all of its tasks; delete the key "framework" from the store to subscribe anew, and everything is launched again';
  return new CkeError(`mesos_${problem.kind}`, `${what} (Mesos says: ${problem.message})`, { status: 503 });
}
