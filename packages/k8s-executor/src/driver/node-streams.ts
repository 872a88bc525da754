// The streams of a channel into the executor's node: the wrapper's, for as long as there is a node that is ready.
import type { FilePart, UnitCommand, UnitStreams } from "@cke/executor-core";
import { CkeError } from "@cke/foundation";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";

export class NodeStreams implements UnitStreams {
  readonly #wrapper: () => Pick<WrapperClient, "streams"> | undefined;

  /** `wrapper`: of the node, once it is ready and until it ends. */
  constructor(wrapper: () => Pick<WrapperClient, "streams"> | undefined) {
    this.#wrapper = wrapper;
  }

  exec(...asked: Parameters<UnitStreams["exec"]>): UnitCommand {
    return this.#streams().exec(...asked);
  }

  tunnel(...asked: Parameters<UnitStreams["tunnel"]>): ReturnType<UnitStreams["tunnel"]> {
    return this.#streams().tunnel(...asked);
  }

  file(...asked: Parameters<UnitStreams["file"]>): AsyncIterable<FilePart> {
    return this.#streams().file(...asked);
  }

  files(...asked: Parameters<UnitStreams["files"]>): ReturnType<UnitStreams["files"]> {
    return this.#streams().files(...asked);
  }

  probe(...asked: Parameters<UnitStreams["probe"]>): ReturnType<UnitStreams["probe"]> {
    return this.#streams().probe(...asked);
  }

  failureCode(error: unknown): string {
    return this.#wrapper()?.streams.failureCode(error) ?? "unavailable";
  }

  #streams(): UnitStreams {
    const wrapper = this.#wrapper();
    if (wrapper !== undefined) return wrapper.streams;
    throw new CkeError(
      "unavailable",
      "the node's container is not ready yet, or has ended; the state of the node says why",
    );
  }
}
