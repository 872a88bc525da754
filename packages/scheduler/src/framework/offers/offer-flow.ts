// Asks Mesos for offers, or for none, per role: REVIVE, SUPPRESS and offer constraints. Nothing of this is stored: it
// follows from what waits, and is sent anew after every subscription.
import type { Clock } from "@cke/foundation";
import type { Offer, OfferConstraints } from "@cke/mesos";
import { isTerminal, type UnitRecord } from "../../workload/records/records.ts";
import { isGivenBack } from "../../workload/records/resource-tasks.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import type { FrameworkOptions } from "../interfaces/dependencies.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { knowsConstraints } from "../mesos/master-features.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import type { Session } from "../mesos/session.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import type { ReservationHandler, Watch } from "../reservations/reservation-handler.ts";
import { constraintsFor, isFor } from "./offer-constraints.ts";
import { RoleFlows, type Wish } from "./role-flows.ts";

const updateRetryMs = 5_000;
/** While Mesos has something to offer, offers arrive every few seconds. */
const mentionedSeconds = 10;

/**
 * A request that differs in this is a new one: a clean-up differs from a launch, and so does a request that may leave
 * its home, has lost its prerequisite, or may go to a host that was excluded.
 */
const keyOf = ({ id, cleanup, homeOnly, shuns, prerequisite, excludes }: PlacementRequest) =>
  `${id}${cleanup ? " clean-up" : ""}${shuns?.strictly === true ? " elsewhere" : ""}${homeOnly ? " at home" : ""}${prerequisite === undefined ? "" : " not yet"}${excludes === undefined ? "" : ` not ${excludes.hostnames.join(",")}`}`;

/** True when something of the unit may have to be launched. A wrong guess only costs a call. */
function mayWait({ launch }: UnitRecord): boolean {
  return (
    launch === undefined ||
    launch.tasks.some((task) => isTerminal(task) && task.state !== "TASK_FINISHED" && !isGivenBack(task))
  );
}

/**
 * As `<role>
 * <host>`. A check of every agent needs no entry: it begins with a subscription, after which Mesos offers everything.
 */
function placesOf(watch: Watch): ReadonlySet<string> {
  return new Set(
    [...watch].flatMap(([role, hosts]) => (hosts === "everywhere" ? [] : [...hosts].map((host) => `${role}\n${host}`))),
  );
}

export interface OfferFlowParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly calls: MesosCalls;
  readonly session: Session;
  readonly reservations: ReservationHandler;
  readonly options: Pick<FrameworkOptions, "roles">;
}

export class OfferFlow {
  readonly #parts: OfferFlowParts;
  readonly #flows: RoleFlows;
  #known = new Set<string>();
  /**
   * Where reserved resources are looked for, as `<role>
   * <host>`.
   */
  #watched: ReadonlySet<string> = new Set();
  #requests: readonly PlacementRequest[] = [];
  #idle: readonly string[] = [];
  #constrainable = false;
  /** The constraints that Mesos has now, as JSON, "" for none; undefined: an answer was lost, so that it may have others. */
  #told: string | undefined = "";
  #toldAtMs = Number.NEGATIVE_INFINITY;
  /** Constraints that this Mesos master calls invalid, as JSON. */
  #refused: string | undefined;

  constructor(parts: OfferFlowParts) {
    this.#parts = parts;
    this.#flows = new RoleFlows(parts.options.roles);
  }

  /** Roles to suppress in SUBSCRIBE, so that a scheduler whose workloads all run gets no flood of offers. */
  idleRoles(): readonly string[] {
    const { ledger, options } = this.#parts;
    const { roles } = options;
    if (this.#parts.session.frameworkId === "") this.#idle = [];
    else {
      const watch = this.#parts.reservations.watch();
      const waiting = ledger
        .workloads()
        .filter((workload) =>
          ledger
            .units(workload.spec.name)
            .some((record) => wishOf(workload, record.unit) !== "stop" && mayWait(record)),
        );
      const wanted = new Set(waiting.map(({ spec }) => spec.role));
      this.#idle = wanted.has("") ? [] : roles.filter((role) => !wanted.has(role) && !watch.has(role));
    }
    return this.#idle;
  }

  /** After a subscription the Mesos master offers everything again, and has no constraints. */
  subscribed(masterVersion: string | undefined): void {
    this.#flows.subscribed(this.#idle, this.#parts.clock.now());
    this.#watched = placesOf(this.#parts.reservations.watch());
    this.#constrainable = knowsConstraints(masterVersion);
    this.#told = "";
    this.#refused = undefined;
    this.#toldAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Why no offers come although something waits; "" when they may come at any moment. */
  silence(): string {
    const { roles } = this.#parts.options;
    if (this.#flows.suppressed().length === roles.length)
      return "offers are suppressed; they are asked for again as soon as the Mesos master can be called";
    const seconds = Math.floor((this.#parts.clock.now() - this.#flows.heardMs()) / 1000);
    return seconds < mentionedSeconds || !Number.isFinite(seconds) ? "" : `Mesos made no offer for ${seconds} s`;
  }

  /** Asks for offers again in every role. */
  news(): void {
    for (const role of this.#parts.options.roles) this.#flows.news(role);
  }

  heard(offers: readonly Offer[]): void {
    const now = this.#parts.clock.now();
    for (const role of new Set(offers.map(({ allocation_info }) => allocation_info?.role ?? "*")))
      this.#flows.heard(role, now);
  }

  /** Tells Mesos what is wanted now. */
  async ask(requests: readonly PlacementRequest[], connected: boolean): Promise<void> {
    const { calls, clock, options } = this.#parts;
    const { roles } = options;
    this.#noteNews(requests, roles);
    if (!connected) return;
    const watch = this.#parts.reservations.watch();
    this.#noteWatch(watch);
    const wishes = new Map<string, Wish>(roles.filter((role) => watch.has(role)).map((role) => [role, "listening"]));
    for (const role of roles) if (requests.some((request) => isFor(request, role))) wishes.set(role, "waiting");
    const now = clock.now();
    const { suppress, revive } = this.#flows.plan(wishes, now);
    if (suppress.length > 0 && (await calls.suppress(suppress))) this.#flows.silenced(suppress);
    await this.#constrain(requests, watch);
    if (revive.length > 0) this.#flows.revived(revive, await calls.revive(revive), now);
  }

  #noteNews(requests: readonly PlacementRequest[], roles: readonly string[]): void {
    // The array is the same while nothing has changed.
    if (requests === this.#requests) return;
    this.#requests = requests;
    const known = this.#known;
    this.#known = new Set(requests.map(keyOf));
    const news = requests.filter((request) => !known.has(keyOf(request)));
    for (const role of roles) if (news.some((request) => isFor(request, role))) this.#flows.news(role);
  }

  /**
   * The offers of a host that is now looked at may have been declined for long; Mesos would not offer it again by
   * itself.
   */
  #noteWatch(watch: Watch): void {
    const known = this.#watched;
    this.#watched = placesOf(watch);
    for (const role of watch.keys()) {
      const places = [...this.#watched].filter((place) => place.startsWith(`${role}\n`));
      if (places.some((place) => !known.has(place))) this.#flows.news(role);
    }
  }

  async #constrain(requests: readonly PlacementRequest[], watched: Watch): Promise<void> {
    const { calls, clock, options } = this.#parts;
    if (!this.#constrainable) return;
    const constraints: OfferConstraints | undefined = constraintsFor({
      roles: options.roles,
      requests,
      watched,
    });
    const wanted = constraints === undefined ? "" : JSON.stringify(constraints);
    // Constraints are all or nothing: when these are refused, older ones would go on hiding agents that are needed now.
    const text = wanted === this.#refused ? "" : wanted;
    if (text === this.#told || clock.now() - this.#toldAtMs < updateRetryMs) return;
    const suppressed = this.#flows.suppressed();
    const result = await calls.updateFramework({
      framework_info: this.#parts.session.info(),
      ...(suppressed.length === 0 ? {} : { suppressed_roles: suppressed }),
      ...(text === "" || constraints === undefined ? {} : { offer_constraints: constraints }),
    });
    if (result === "accepted") this.#told = text;
    else this.#toldAtMs = clock.now();
    if (result === "rejected" && text !== "") this.#refused = text;
    // The master may have taken it all the same, and would hide other agents for as long as nothing else is told.
    if (result !== "accepted" && result !== "rejected") this.#told = undefined;
  }
}
