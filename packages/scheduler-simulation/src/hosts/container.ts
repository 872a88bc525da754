// The containers on simulated hosts. A container with its data outlives its executor.

/** A node's container with its data, on one host. */
export interface Container {
  readonly instance: string;
  readonly nodeType: string;
  /** The executor that made or adopted it last. */
  executorId: string;
  /** False when only the data is left. After a power cut it is false until an executor starts the container again. */
  running: boolean;
}

/**
 * By host, then by `instanceKey`. Of all instances of a node only one can run on a host, because they share the
 * container's name.
 */
export type Hosts = Map<string, Map<string, Container>>;

/** `key`: `<cluster>/<node>`. */
export const instanceKey = (key: string, instance: string) => `${key}@${instance}`;

export function runsIn(container: Container | undefined, instance: string): boolean {
  return container?.instance === instance && container.running;
}
