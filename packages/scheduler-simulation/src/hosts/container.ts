// What executors leave on hosts: containers with their data, which outlive them.

/** A node's container with its data, on one host. */
export interface Container {
  readonly instance: string;
  readonly nodeType: string;
  /** Of the executor that made or adopted it last. */
  executorId: string;
  /** False when only its data is left, and on a host that was switched off: nothing runs until an executor starts it again. */
  running: boolean;
}

/** By host, then by life (see `lifeKey`): only one of a node's lives can run there, for they share a name. */
export type Hosts = Map<string, Map<string, Container>>;

/** `key`: `<cluster>/<node>`. */
export const lifeKey = (key: string, instance: string) => `${key}@${instance}`;

export function runsIn(container: Container | undefined, instance: string): boolean {
  return container?.instance === instance && container.running;
}
