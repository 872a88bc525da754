// What one task may ask for. Offers below the least of it are of no use to anybody.

/** Bounds of one process; beyond them no machine has what is asked for, or a process cannot live. */
export const resourceBounds = { minCpu: 0.01, maxCpu: 1024, minMemoryMib: 16, maxMemoryMib: 16 * 1024 * 1024 } as const;
