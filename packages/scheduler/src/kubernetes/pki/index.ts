// A cluster's public key infrastructure: three authorities, leaf certificates of each node, kubeconfigs, tokens.
// Authority keys stay in the scheduler's store; a node gets only the secrets that `secretNamesOf` lists for it.
export * from "./cluster-authorities.ts";
export * from "./key-material.ts";
export * from "./kubeconfig.ts";
export * from "./node-secrets.ts";
export * from "./pki-vault.ts";
export * from "./secret-names.ts";
