// The endpoints of those Services of a cluster whose traffic only nodes with an endpoint take. Without such a Service nothing is asked.
import { readSlice, type ServiceEndpoints, serviceLabel } from "./endpoint-slices.ts";
import type { LoadBalancerService } from "./service-object.ts";
import { WatchedObjects, type WatchedParts } from "./watched-objects.ts";

export type LocalEndpointsParts = Omit<WatchedParts<ServiceEndpoints>, "path" | "selectors" | "read">;

/** Most names in one selector. With more Services all slices are looked at, and those of the others are forgotten at once. */
const mostNames = 50;

interface Following {
  readonly names: string;
  readonly slices: WatchedObjects<ServiceEndpoints>;
}

export class LocalEndpoints {
  readonly #parts: LocalEndpointsParts;
  #following: Following | undefined;
  /** Aborted when other Services are to be followed. */
  #changed = new AbortController();

  constructor(parts: LocalEndpointsParts) {
    this.#parts = parts;
  }

  /** The endpoints of these Services; undefined while they are not known. */
  of(services: readonly Pick<LoadBalancerService, "namespace" | "name">[]): readonly ServiceEndpoints[] | undefined {
    const wanted = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`));
    const names = [...wanted].sort().join(",");
    if (names !== (this.#following?.names ?? "")) {
      this.#following = names === "" ? undefined : { names, slices: this.#slices(wanted) };
      const changed = this.#changed;
      this.#changed = new AbortController();
      changed.abort();
    }
    return this.#following === undefined ? [] : this.#following.slices.all;
  }

  /** Follows them, whichever they are, until a request fails; rejects then, or with what `signal` was aborted with. */
  async follow(signal: AbortSignal): Promise<never> {
    for (;;) {
      const changed = this.#changed.signal;
      const either = AbortSignal.any([signal, changed]);
      try {
        if (this.#following === undefined) await aborted(either);
        else await this.#following.slices.follow(either);
      } catch (error) {
        if (signal.aborted || !changed.aborted) throw error;
      }
      signal.throwIfAborted();
    }
  }

  #slices(wanted: ReadonlySet<string>): WatchedObjects<ServiceEndpoints> {
    const names = [...new Set([...wanted].map((one) => one.split("/")[1] ?? ""))];
    const labelSelector = names.length <= mostNames ? `${serviceLabel} in (${names.join(",")})` : serviceLabel;
    return new WatchedObjects({
      ...this.#parts,
      path: "/apis/discovery.k8s.io/v1/endpointslices",
      selectors: [{ labelSelector }],
      read: (object) => {
        const slice = readSlice(object);
        return slice !== undefined && wanted.has(`${slice.namespace}/${slice.service}`) ? slice : undefined;
      },
    });
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
