// What is known of a guest that runs: its domain and the definition that it follows.
import type { DomainRef } from "@cke/libvirt";
import type { DomainMetadata } from "./metadata.ts";

export interface RunningGuest {
  readonly domain: DomainRef;
  /** As it was started, with what was changed live. It stands in the domain's metadata too. */
  readonly metadata: DomainMetadata;
}
