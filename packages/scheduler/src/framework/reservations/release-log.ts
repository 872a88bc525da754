// What the scheduler's own log says about reservations that belong to no unit any more.
import type { Logger } from "@cke/foundation";

/**
 * `owner`: the unit, as the log names it. A first attempt to give them back is normal; a later one shows that Mesos did not do it.
 */
export function logRelease(
  logger: Logger,
  owner: Readonly<Record<string, string>>,
  host: string,
  attempt: number,
): void {
  const fields = { host, ...owner };
  if (attempt === 1) logger.info("reserved resources that no unit owns any more are given back", fields);
  else
    logger.warning(
      "reserved resources that no unit owns any more are still there: may this framework's principal unreserve them (ACL unreserve_resources)?",
      { ...fields, attempt },
    );
}
