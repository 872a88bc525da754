// What a machine lacks for a test. CI installs all of it: what is missing there is a failure, and never a test that is skipped.

/**
 * Returns `missing`: what this machine lacks, with what to install; undefined for nothing. A test says it, and is skipped. Throws where
 * CI is "true".
 */
export function missingHere(
  missing: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (missing !== undefined && environment.CI === "true")
    throw new Error(
      `${missing}. With CI=true that is a failure: install it, or unset CI to skip the tests that need it`,
    );
  return missing;
}
