// Limits that all stores keep, so that a value that one store takes is not refused by another one.

/**
 * Most bytes of one value as JSON. It must fit into one request to etcd (1.5 MiB) and to ZooKeeper (1 MiB) with room
 * left.
 */
export const maxValueBytes = 900_000;

/** Most bytes of one value that a migration makes: names of its fields may be longer than before. It fits into a request too. */
export const maxMigratedBytes = maxValueBytes + 10_000;
