// One session with ZooKeeper, for everybody who speaks with it: the store and the search for the leading Mesos master.
export * from "./failure.ts";
export * from "./session.ts";
