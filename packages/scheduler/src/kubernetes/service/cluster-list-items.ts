// The items of the list of clusters. Each is kept until something that it shows is another one.
import { isDeepStrictEqual } from "node:util";
import { failuresOfPlans } from "../../workload/plans/workload-plan-view.ts";
import { apiAddress } from "../views/api-addresses.ts";
import type { ClusterListItem } from "../views/cluster-views.ts";
import { listItem, type ViewInput } from "../views/views.ts";
import { ViewCache } from "./view-cache.ts";

interface Listed {
  readonly item: ClusterListItem;
  /** By node: what has failed of its plans. It is in no record. */
  readonly failures: ReadonlyMap<string, string>;
}

export class ClusterListItems {
  readonly #known = new ViewCache<Listed>();

  /** The same object as last time while nothing that it follows from has changed. */
  of(input: ViewInput): ClusterListItem {
    const { cluster, nodes, planProgress, loadBalancer, schedulerUrl } = input;
    const { server } = apiAddress(input, schedulerUrl);
    const failures = failuresOfPlans(cluster, nodes, planProgress);
    const make = () => ({ item: listItem(input), failures });
    const isCurrent = ({ item, failures: known }: Listed) =>
      item.apiserver === server &&
      isDeepStrictEqual(item.load_balancer, loadBalancer) &&
      isDeepStrictEqual(known, failures);
    return this.#known.of(cluster, nodes, make, isCurrent).item;
  }
}
