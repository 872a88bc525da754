// What the views share: lists that are kept up to date, the time, the address.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { ClusterClient } from "../cluster-api/cluster-client.ts";
import { type ListView, liveList, nothingYet } from "../cluster-api/live-list.ts";
import { type Route, readRoute } from "./route.ts";

export interface Page {
  readonly client: ClusterClient;
  readonly cluster: string;
  /** `/k8s/v1/clusters/<name>` */
  readonly base: string;
}

export const PageContext = createContext<Page | undefined>(undefined);

/** Throws outside of the page. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("this view stands in no page");
  return page;
}

/** The list at this path, kept up to date while the view is shown. */
export function useLiveList(path: string): ListView {
  const { client } = usePage();
  const [shown, setShown] = useState<{ readonly path: string; readonly view: ListView }>({ path, view: nothingYet });
  useEffect(() => {
    const gone = new AbortController();
    void liveList(client, path, (view) => setShown({ path, view }), gone.signal);
    return () => gone.abort();
  }, [client, path]);
  return shown.path === path ? shown.view : nothingYet;
}

/** The time, anew every five seconds. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(readRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute(readRoute(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
