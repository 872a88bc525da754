// A rule: no guest starts on a shared disk that another guest writes to, on a host that is in reach. Pure.
import { type Container, type Hosts, instanceKey } from "../hosts/container.ts";

/** One that is on its way between two hosts is no second guest. */
const moves = ({ gone, leaving, arrived }: Container) => gone === true || leaving === true || arrived === true;

/** Why the guest must not start on this host; "" when it may. `inReach`: nothing may be launched beside what runs on this host. */
export function secondGuest(
  { hostname, key, container }: { readonly hostname: string; readonly key: string; readonly container: Container },
  hosts: Hosts,
  inReach: (hostname: string) => boolean,
): string {
  if (!key.endsWith("/vm") || container.nodeType === "master" || moves(container)) return "";
  const others = [...hosts].flatMap(([host, all]) => {
    const other = host === hostname ? undefined : all.get(instanceKey(key, container.instance));
    return other?.running === true && other.started === true && !moves(other) && inReach(host) ? [host] : [];
  });
  return others.length === 0 ? "" : `a guest of ${key} starts on ${hostname} while one runs on ${others.join(" and ")}`;
}
