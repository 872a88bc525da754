// The client of ZooKeeper, for the scheduler's store and for the search for the leading Mesos master.
export * from "./failure.ts";
export * from "./session.ts";
