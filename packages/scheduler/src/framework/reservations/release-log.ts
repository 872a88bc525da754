// What the scheduler's own log says about reservations that belong to no unit any more.
import type { Logger } from "@cke/foundation";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";

/** A first attempt to give them back is normal; a later one shows that Mesos did not do it. */
export function logRelease(logger: Logger, { workload, unit }: ReservationOwner, host: string, attempt: number): void {
  const fields = { host, cluster: workload, node: unit };
  if (attempt === 1) logger.info("reserved resources that no node owns any more are given back", fields);
  else
    logger.warning(
      "reserved resources that no node owns any more are still there: may this framework's principal unreserve them (ACL unreserve_resources)?",
      { ...fields, attempt },
    );
}
