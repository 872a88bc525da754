// Who listens to which events, over every connection.
import { withTimeout } from "@cke/foundation";
import type { CallOptions } from "../api/call.ts";
import type { DomainEventKind, EventListener, Events } from "../api/events.ts";
import { connectDomainEventCallbackRegisterAny, remoteProgram } from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { isLibvirtError, LibvirtProtocolError } from "../wire/libvirt-error.ts";
import type { Packet } from "../wire/packet.ts";
import { eventIds, eventKinds, readEvent } from "./values/event-values.ts";

interface Listening {
  readonly kinds: ReadonlySet<DomainEventKind>;
  readonly listener: EventListener;
}

type Calls = Pick<Caller, "call">;

export class EventHub implements Events {
  readonly #caller: Calls;
  readonly #listening = new Set<Listening>();
  /** What the present connection has asked the daemon for. */
  #registered = new Map<DomainEventKind, Promise<void>>();

  constructor(caller: Calls) {
    this.#caller = caller;
  }

  async listen(
    listener: EventListener,
    { kinds = eventKinds, signal }: CallOptions & { readonly kinds?: readonly DomainEventKind[] } = {},
  ): Promise<() => void> {
    const listening = { kinds: new Set(kinds), listener };
    this.#listening.add(listening);
    try {
      const registered = Promise.all(kinds.map((kind) => this.#register(kind, this.#caller)));
      await (signal === undefined ? registered : withTimeout(registered, { signal, late: () => signal.reason }));
    } catch (error) {
      this.#listening.delete(listening);
      throw error;
    }
    return () => void this.#listening.delete(listening);
  }

  /** Asks a new connection for what is listened to. */
  async prepare(connection: Calls): Promise<void> {
    this.#registered = new Map();
    const wanted = new Set([...this.#listening].flatMap(({ kinds }) => [...kinds]));
    await Promise.all([...wanted].map((kind) => this.#register(kind, connection)));
  }

  /** Events may have been missed. */
  gap(): void {
    for (const { listener } of [...this.#listening]) listener.gap();
  }

  /** A message of the daemon. Throws when it is malformed or of a program that nobody has asked for anything. */
  receive({ header, payload }: Packet): void {
    if (header.program !== remoteProgram)
      throw new LibvirtProtocolError(`a message of the program 0x${header.program.toString(16)}`);
    const event = readEvent(header.procedure, payload);
    if (event === undefined) return;
    for (const { kinds, listener } of [...this.#listening]) if (kinds.has(event.kind)) listener.event(event);
  }

  #register(kind: DomainEventKind, calls: Calls): Promise<void> {
    const known = this.#registered.get(kind);
    if (known !== undefined) return known;
    const registered = this.#registered;
    const asked = ask(kind, calls);
    registered.set(kind, asked);
    asked.catch(() => registered.delete(kind));
    return asked;
  }
}

/** Kinds that a daemon does not know are left out; every daemon knows the first. */
async function ask(kind: DomainEventKind, calls: Calls): Promise<void> {
  try {
    await calls.call(connectDomainEventCallbackRegisterAny, { eventId: eventIds[kind], domain: undefined });
  } catch (error) {
    const unknown = isLibvirtError(error, "internal-error", "invalid-argument", "no-support");
    if (kind === "lifecycle" || !unknown) throw error;
  }
}
