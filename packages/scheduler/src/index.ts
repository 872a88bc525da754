// The scheduler: the Mesos framework, its REST API and the download server for executors.
export * from "./kubernetes/pki/index.ts";
export * from "./store/store.ts";
