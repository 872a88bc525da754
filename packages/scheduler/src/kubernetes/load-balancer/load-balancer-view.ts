// What the load balancer knows of a cluster, as the API shows it.

export const noBalancer = "this scheduler has no -k8s_spider_lb_endpoint: what is registered stays so";

/** What the load balancer knows of a cluster. */
export interface LoadBalancerView {
  readonly vpc: string;
  /** Its addresses for the vpc, as it said last. */
  readonly vip: readonly string[];
  /** Addresses of nodes that are registered. */
  readonly hosts: readonly string[];
  /** Those that it is being told of, and those that are being taken back. */
  readonly adding: readonly string[];
  readonly removing: readonly string[];
  /** Why it does not do what is asked of it, and when it is asked again; "" when it does. */
  readonly problem: string;
  /** Which masters' certificates do not name one of its addresses yet, and why; "" when all do, or need not. */
  readonly certificate_problem: string;
}
