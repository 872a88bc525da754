// Ports that are the same in every cluster.

/** Of the API server, on every master. */
export const apiserverPort = 6443;
/** Of the balancer on a worker's or console's loopback, behind which are all API servers, when the configuration says nothing else. */
export const apiBalancerPort = 6444;
/** Of etcd, for the API servers. */
export const etcdClientPort = 2379;
/** Of etcd, for its other members. */
export const etcdPeerPort = 2380;
/** Of a console's web terminal, inside the node, when nothing else is asked for. */
export const consolePort = 8080;
