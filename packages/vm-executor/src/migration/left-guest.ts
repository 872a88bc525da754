// What the executor that gives disks away knows of a guest that may have left this host while it ran.
import type { Duplex } from "node:stream";
import { CkeError } from "@cke/foundation";
import { type UnitCallAnswerInit, VmCallResult } from "@cke/protocol";
import { readDeparture } from "../host/move-notes.ts";
import type { VmHost } from "../host/vm-host.ts";
import type { VmPlace } from "../ports/vm-place.ts";

export class LeftGuest {
  readonly #host: Pick<VmHost, "readNote" | "writeNote">;
  readonly #place: VmPlace;

  constructor(host: Pick<VmHost, "readNote" | "writeNote">, place: VmPlace) {
    this.#host = host;
    this.#place = place;
  }

  async tunnel(): Promise<Duplex> {
    throw new CkeError("failed_precondition", "a guest that moves while it runs is sent by the executor that runs it");
  }

  /** Answers a MigrateCall: `moved` when the guest runs on another host, or may run there. */
  async *call(action: string): AsyncGenerator<UnitCallAnswerInit, void, undefined> {
    if (action !== "look") throw new CkeError("invalid_argument", "migrate.action: of a source look is allowed");
    const note = await readDeparture(this.#host, this.#place);
    const moved = note?.kind === "gone" || note?.kind === "leaving";
    const text = moved ? "the guest has left this host, or may have left it" : "the guest has not left this host";
    yield { answer: { kind: "result", value: VmCallResult.encode({ moved, text }) } };
  }
}
