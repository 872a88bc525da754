// Tests that cannot run where no registry and no second network can be reached, each with the reason. What is listed here is reported
// as skipped; a test that fails is never put here for that.

export interface LeftOut {
  /** Part of the full name of a test. Small and capital letters are alike, here and for ginkgo. */
  readonly name: RegExp;
  readonly reason: string;
}

export const leftOut: readonly LeftOut[] = [
  { name: /pull from private registry/i, reason: "it pulls an image from a registry" },
];

/** Why a test is left out, or undefined. */
export function reasonToLeaveOut(test: string): string | undefined {
  return leftOut.find(({ name }) => name.test(test))?.reason;
}
