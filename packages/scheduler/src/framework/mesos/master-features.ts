// What the present Mesos master supports, by the version that it names in SUBSCRIBED.

function isAtLeast(version: string | undefined, major: number, minor: number): boolean {
  const [ours = 0, theirs = 0] = (version ?? "").split(".").map(Number);
  return ours > major || (ours === major && theirs >= minor);
}

/** Offer constraints came with 1.11; UPDATE_FRAMEWORK, which changes them, came a little earlier. */
export const knowsConstraints = (version: string | undefined) => isAtLeast(version, 1, 11);

/** An operation on an agent's own resources may carry an id, and gets an answer. Older masters refuse it. */
export const knowsOperationFeedback = (version: string | undefined) => isAtLeast(version, 1, 9);
