// Limits that every store keeps, so that what one of them lets through is not refused by another one later.

/** Bytes of one value as JSON: it must fit into one request to etcd (1.5 MiB) and to ZooKeeper (1 MiB) with room left. */
export const maxValueBytes = 900_000;
