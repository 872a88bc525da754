// Bounds of what one task may ask for. An offer below the smallest values is useless.

/** Bounds of one process. Above them no machine is large enough; below them a process cannot run. */
export const resourceBounds = { minCpu: 0.01, maxCpu: 1024, minMemoryMib: 16, maxMemoryMib: 16 * 1024 * 1024 } as const;
