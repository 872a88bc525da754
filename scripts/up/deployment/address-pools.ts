// The pools of address ranges that `make up` names. The first part of each is that of cke.conf; then come smaller ones, because a cluster
// of one machine is small.
export const addressPools = {
  /** 4 of a /16, and 64 of a /18: 64 workers each. */
  pods: "10.244.0.0/14,10.224.0.0/12:18",
  /** One of a /16, and 240 of a /20. */
  services: "10.96.0.0/16,10.97.0.0/16:20,10.98.0.0/15:20,10.100.0.0/14:20,10.104.0.0/13:20",
};
