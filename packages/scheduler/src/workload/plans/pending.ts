// The shape of GET …/pending: what is not placed yet, what it requests, and why it is not there.

export interface PendingRequestView {
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
  /** MiB; 0: none. */
  readonly disk: number;
  readonly ports: readonly number[];
  /** Agent hostname or address; "*" is any. */
  readonly host: string;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  /** Roles whose offers may be used; empty: any. */
  readonly roles: readonly string[];
  /** True when its resources are reserved for it. */
  readonly reservation: boolean;
}

export interface RefusalView {
  /** quorum (of stateful units, which come first), network, plan; of hosts: host, attribute, agent-maintenance, role, reservation, cpus, mem, disk or ports */
  readonly kind: string;
  /** Number of hosts (and roles) that lacked this; 0 for what must come first, whatever is offered. */
  readonly hosts: number;
  /** All of them while there are at most 20, otherwise a few. `words` follow the host's name: "has cpus 2 of 4.5". */
  readonly examples: readonly {
    readonly host: string;
    readonly role: string;
    readonly words: string;
    /** Time of the offer, ISO 8601. */
    readonly time: string;
  }[];
}

/** A unit or a process that is to run and is not placed. */
export interface PendingView {
  readonly unit: string;
  /** "" for the unit itself. */
  readonly process: string;
  /** launch-unit, relaunch-process, hold-resources, clean-up-unit: it waits for an offer. wait: it waits for something else. */
  readonly step: string;
  /** Since when it waits, ISO 8601; "" when it is not known. */
  readonly since: string;
  /** When it is tried again, ISO 8601; "" when it is tried as soon as an offer is good enough, or never by itself. */
  readonly next_try: string;
  /** What an offer must have; null while it waits for no offer. */
  readonly requests: PendingRequestView | null;
  /** Hosts (and roles) that offered something in the last two minutes, and when the last did, ISO 8601. */
  readonly offers: { readonly hosts: number; readonly newest: string };
  readonly refusals: readonly RefusalView[];
  /** Why no offers come at all; "" when they come. */
  readonly no_offers: string;
  /**
   * The text that no agent of the needed size was ever seen, with the largest ones; "" otherwise. It waits all the
   * same.
   */
  readonly oversize: string;
  /** The text that no agent of the name that it asks for has offered anything, or is there at all; "" otherwise. */
  readonly unknown_host: string;
  /** All of it as one text. */
  readonly summary: string;
}
