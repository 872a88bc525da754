// Ports that are the same in every cluster.

/** Of the API server, on every master. */
export const apiserverPort = 6443;
/** Of etcd, for the API servers. */
export const etcdClientPort = 2379;
/** Of a console's web terminal, inside the node, when nothing else is asked for. */
export const consolePort = 8080;
