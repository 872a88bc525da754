// Checks how a cluster's API server is to be reached from outside. Pure.
import type { BodyProblem } from "../../workload/body/findings.ts";
import type { ClusterParts } from "./cluster-parts.ts";

/** `loadBalancer`: there is one that ports can be registered with. */
export function* apiserverProblems({ apiserver, bgp }: ClusterParts, loadBalancer: boolean): Generator<BodyProblem> {
  if (apiserver === undefined) return;
  const { expose, port, address } = apiserver;
  const announced = expose.indexOf("bgp");
  if (announced >= 0 && bgp === undefined) {
    const message = `"bgp" needs BGP: name routers, or let network.provider be "bgp"`;
    yield { path: `apiserver.expose[${announced}]`, message, kind: "input" };
  } else if (announced >= 0 && address === undefined) {
    const message = `is missing: "bgp" in apiserver.expose needs an address like "10.99.3.1", or a loadbalancer_pool with one that is free`;
    yield { path: "apiserver.address", message, kind: "input" };
  } else if (announced < 0 && address !== undefined) {
    const message = `is not announced: apiserver.expose does not have "bgp"`;
    yield { path: "apiserver.address", message, kind: "input" };
  }
  const published = expose.includes("port");
  if (published && port === undefined) {
    const message = `is missing: "port" in apiserver.expose needs a port of the masters' hosts, like "16443/tcp"`;
    yield { path: "apiserver.port", message, kind: "input" };
  }
  if (port !== undefined && !published) {
    const message = `is not published: apiserver.expose does not have "port"`;
    yield { path: "apiserver.port", message, kind: "input" };
  }
  if (port?.protocol === "udp")
    yield { path: "apiserver.port", message: "the API server speaks TCP: it must end with /tcp", kind: "input" };
  if (expose.includes("spider-lb") && !loadBalancer) {
    const message = `"spider-lb" needs a load balancer: start the scheduler with -k8s_spider_lb_endpoint`;
    yield { path: `apiserver.expose[${expose.indexOf("spider-lb")}]`, message, kind: "impossible" };
  }
}
